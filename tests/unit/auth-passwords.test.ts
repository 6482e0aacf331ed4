import { expect, test } from 'vitest';
import { hashArgon2id, verifyArgon2id } from '#lib/server/auth/argon2id.ts';
import { createPasswords, passwordProblem } from '#lib/server/auth/passwords.ts';
import { createTurnstile } from '#lib/server/auth/turnstile.ts';

/** From the reference implementation's own tests: argon2id, version 19, t=2, m=64 MiB, p=1. */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

test('verifies what the reference implementation hashed, and nothing else', async () => {
  expect(await verifyArgon2id(REFERENCE, 'password')).toBe(true);
  expect(await verifyArgon2id(REFERENCE, 'Password')).toBe(false);
});

test('hashes with 19 MiB, two passes and a salt of its own', async () => {
  const [first, second] = await Promise.all([hashArgon2id('a password'), hashArgon2id('a password')]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(second).not.toBe(first);
  expect(await verifyArgon2id(first, 'a password')).toBe(true);
});

test('a password typed composed or decomposed is the same password', async () => {
  expect(await verifyArgon2id(await hashArgon2id('pässwort'), 'pässwort'.normalize('NFD'))).toBe(true);
});

test('a stored text that is no hash is a fault, not a mismatch', async () => {
  await expect(verifyArgon2id('plain text', 'plain text')).rejects.toThrow('argon2id');
});

test('a user without a password matches nothing, the longest password least of all', async () => {
  const passwords = createPasswords();
  expect(await passwords.verify(null, '')).toBe('mismatch');
  const hash = await passwords.hash('x'.repeat(201));
  expect(await passwords.verify(hash, 'x'.repeat(201))).toBe('mismatch');
  expect(await passwords.verify(await passwords.hash('x'.repeat(200)), 'x'.repeat(200))).toBe('match');
});

test('a flood is turned away at once instead of queued for ever', async () => {
  const passwords = createPasswords({ atOnce: 1, maxWaiting: 2 });
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => passwords.verify(null, 'guess')));
  expect(verdicts.filter((verdict) => verdict === 'mismatch')).toHaveLength(3);
  expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(17);
  expect(await passwords.verify(null, 'guess')).toBe('mismatch');
});

test('the turnstile never lets more in than it may, and a failure inside frees the place', async () => {
  const { run, tryRun } = createTurnstile({ atOnce: 2, maxWaiting: 0 });
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    throw new Error('inside');
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => run(work)));
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(most).toBe(2);
  expect(await tryRun(async () => 'in')).toBe('in');
});

test.each([
  ['1234567', '7 characters'],
  ['long '.repeat(41), '205 characters'],
  ['ADA@example.com', 'email address'],
  [' ada@example.com ', 'email address'],
  ['12345678', null],
  ['long '.repeat(40), null]
])('the rules say of %j: %j', (password, problem) => {
  const said = passwordProblem(password, 'ada@example.com');
  if (problem === null) expect(said).toBeNull();
  else expect(said).toContain(problem);
});
