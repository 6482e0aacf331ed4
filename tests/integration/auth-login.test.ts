// Signing in on a real database: the same answer for everyone, and only so many tries.

import { beforeEach, expect, test } from 'vitest';
import { createAuth, type Auth } from '#lib/server/auth/auth.ts';
import { testDatabase } from '../support/database.ts';

const PASSWORD = 'correct horse battery';

const database = await testDatabase();
const time = { now: Date.now() };
let auth: Auth;

// The limits are in memory: each test has its own.
beforeEach(() => {
  auth = createAuth({ database, bootstrapKey: null, clock: () => time.now });
});

let users = 0;

async function person(password: string | null = PASSWORD) {
  const email = `person${(users += 1)}@example.com`;
  const write = await auth.users.create(email, 'viewer');
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  if (password !== null) await auth.users.useLink(await auth.users.makeLink(write.user.id), password);
  return { id: write.user.id, email };
}

const login = (email: string, password = PASSWORD, remoteIp = '192.0.2.1') => auth.login({ email, password, remoteIp });
const WRONG = { ok: false, reason: 'wrong' };
const outcomes = async (times: number, attempt: (index: number) => ReturnType<typeof login>) => {
  const seen: string[] = [];
  for (let index = 0; index < times; index += 1) {
    const result = await attempt(index);
    seen.push(result.ok ? 'ok' : result.reason);
  }
  return seen;
};

test('the right password signs in, however the address is written', async () => {
  const { id, email } = await person();
  expect(await login(email)).toMatchObject({ ok: true, userId: id });
  expect(await login(`  ${email.toUpperCase()} `)).toMatchObject({ ok: true, userId: id });
});

test('wrong, unknown, disabled, without a password, no address: one and the same answer', async () => {
  const [known, invited, disabled] = [await person(), await person(null), await person()];
  await auth.users.setDisabled(disabled.id, true);
  expect(await login(known.email, 'wrong password')).toEqual(WRONG);
  expect(await login('nobody@example.com')).toEqual(WRONG);
  expect(await login(invited.email, '')).toEqual(WRONG);
  expect(await login(disabled.email)).toEqual(WRONG);
  expect(await login("' or 1=1 --")).toEqual(WRONG);
  expect(await login(known.email, 'x'.repeat(100_000))).toEqual(WRONG);
  expect(await login(known.email, '\0')).toEqual(WRONG);
  expect(await login('nul\0@example.com')).toEqual(WRONG);
});

test('an unknown address takes as long as a known one', async () => {
  const { email } = await person();
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  // In turns, so that whatever else the machine does falls on both.
  for (let index = 0; index < 7; index += 1) {
    for (const kind of ['known', 'unknown'] as const) {
      const started = performance.now();
      await login(kind === 'known' ? email : 'nobody@example.com', 'wrong password', `192.0.2.${index}`);
      times[kind].push(performance.now() - started);
    }
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[3] ?? 0;
  const [known, unknown] = [median(times.known), median(times.unknown)];
  // Hashing is nearly all of it: without it the unknown one would take a tenth.
  expect(unknown).toBeGreaterThan(known / 3);
  expect(unknown).toBeLessThan(known * 3);
});

test('an email address has 8 tries wherever they come from, then one a minute; known or not', async () => {
  const { email } = await person();
  for (const address of [email, 'nobody@example.com']) {
    const tried = await outcomes(10, (index) => login(address, 'wrong password', `192.0.2.${index}`));
    expect(tried).toEqual([...Array.from({ length: 8 }, () => 'wrong'), 'limited', 'limited']);
  }
  expect(await login(email, PASSWORD, '198.51.100.1')).toEqual({
    ok: false,
    reason: 'limited',
    retryAfterSeconds: 60
  });
  time.now += 60_000;
  expect(await login(email, PASSWORD, '198.51.100.1')).toMatchObject({ ok: true });
});

test('signing in forgets the tries before it', async () => {
  const { email } = await person();
  await outcomes(7, () => login(email, 'wrong password'));
  expect(await login(email)).toMatchObject({ ok: true });
  expect(await outcomes(8, () => login(email, 'wrong password'))).not.toContain('limited');
});

test('an address has 20 tries, and those it is refused count against nobody', async () => {
  const { email } = await person();
  const tried = await outcomes(24, (index) => login(`guess${index}@example.com`, 'wrong password'));
  expect(tried.lastIndexOf('wrong')).toBe(19);
  expect(tried.slice(20)).toEqual(['limited', 'limited', 'limited', 'limited']);
  await outcomes(20, () => login(email, 'wrong password'));
  expect(await login(email, PASSWORD, '198.51.100.1')).toMatchObject({ ok: true });
});

test('all of one /64 is one address; the next one is another', async () => {
  const tried = await outcomes(22, (index) =>
    login(`guess${index}@example.com`, 'wrong', `2001:db8:1:2::${index + 1}`)
  );
  expect(tried.slice(20)).toEqual(['limited', 'limited']);
  expect(await login('guess@example.com', 'wrong', '2001:db8:1:3::1')).toEqual(WRONG);
});

test('an IPv4 address is the same when it comes as IPv6', async () => {
  await outcomes(20, (index) => login(`guess${index}@example.com`, 'wrong', '192.0.2.9'));
  expect(await login('guess@example.com', 'wrong', '::ffff:192.0.2.9')).toMatchObject({ reason: 'limited' });
  expect(await login('guess@example.com', 'wrong', '::ffff:192.0.2.8')).toEqual(WRONG);
});

test('a flood does not use up the tries of whoever was not even checked', async () => {
  const { email } = await person();
  const flood = Array.from({ length: 100 }, (_, index) =>
    login(`guess${index}@example.com`, 'wrong', `10.0.${index}.1`)
  );
  const tries = await Promise.all(Array.from({ length: 8 }, () => login(email, 'wrong password', '198.51.100.1')));
  await Promise.all(flood);
  const busy = tries.filter((result) => !result.ok && result.reason === 'limited');
  expect(busy.length).toBeGreaterThan(0);
  expect(busy[0]).toEqual({ ok: false, reason: 'limited', retryAfterSeconds: 2 });
  const later = await outcomes(9, () => login(email, 'wrong password', '198.51.100.1'));
  expect(later.filter((outcome) => outcome === 'wrong')).toHaveLength(busy.length);
});

test('tries made at once are counted as if one after another', async () => {
  const { email } = await person();
  const tried = await Promise.all(Array.from({ length: 12 }, () => login(email, 'wrong password')));
  expect(tried.filter((result) => !result.ok && result.reason === 'wrong')).toHaveLength(8);
});
