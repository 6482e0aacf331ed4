// The first owner, the fingerprint of the key and the audit log, on a real database.

import { beforeEach, expect, test } from 'vitest';
import { audit, listAudit } from '#lib/server/auth/audit.ts';
import { createAuth } from '#lib/server/auth/auth.ts';
import { checkFingerprint } from '#lib/server/auth/secret-key.ts';
import { createVault } from '#lib/server/auth/vault.ts';
import { testDatabase } from '../support/database.ts';
import { meet } from '../support/meeting.ts';

const database = await testDatabase();
const auth = createAuth({ database, bootstrapKey: null });
const { setup, users } = auth;
const ADA = { email: 'ada@example.com', password: 'correct horse battery' };

beforeEach(async () => {
  await database.web`delete from users`;
  await database.web`delete from settings`;
});

async function token(): Promise<string> {
  const made = await setup.token();
  if (made === null) throw new Error('There is an owner already.');
  return made;
}

const canSignIn = async ({ email, password }: { email: string; password: string }) =>
  (await auth.login({ email, password, remoteIp: '192.0.2.1' })).ok;

test('whoever has the token becomes the owner, once', async () => {
  const given = await token();
  expect(await setup.isToken(given)).toBe(true);
  expect(await setup.complete({ ...ADA, token: given })).toMatchObject({ ok: true });
  expect(await users.list()).toMatchObject([{ email: ADA.email, role: 'owner', has_password: true }]);
  expect(await canSignIn(ADA)).toBe(true);
  expect(await setup.isToken(given)).toBe(false);
  expect(await setup.token()).toBeNull();
  const again = await setup.complete({ token: given, email: 'eve@example.com', password: 'another password' });
  expect(again).toMatchObject({ ok: false, field: 'token' });
});

test('of those who complete the setup at once one becomes the owner', async () => {
  const given = await token();
  const people = ['ada@example.com', 'bob@example.com', 'eve@example.com'];
  const results = await meet(database, {
    hold: (transaction) => transaction`lock table sessions in access exclusive mode`,
    start: () => Promise.all(people.map((email) => setup.complete({ ...ADA, email, token: given }))),
    waiting: 3
  });
  expect(results.filter((result) => result.ok)).toHaveLength(1);
  expect(await users.list()).toHaveLength(1);
});

test('setup and the owner of the environment at once: nobody gets in whom the operator did not let in', async () => {
  const given = await token();
  const eve = { email: 'eve@example.com', password: 'another password' };
  const [completed] = await Promise.all([setup.complete({ ...eve, token: given }), setup.ensureOwner(ADA)]);
  expect(await canSignIn(ADA)).toBe(true);
  expect(await canSignIn(eve)).toBe(completed.ok);
});

test('a restart prints a new token, and the old one ends', async () => {
  const [old, current] = [await token(), await token()];
  expect(await setup.complete({ ...ADA, token: old })).toMatchObject({ ok: false, field: 'token' });
  expect(await setup.complete({ ...ADA, token: current })).toMatchObject({ ok: true });
});

test.each([
  [{ ...ADA, token: '' }, 'token'],
  [{ ...ADA, email: 'not an address' }, 'email'],
  [{ ...ADA, password: 'short' }, 'password'],
  [{ ...ADA, password: ADA.email }, 'password']
])('setup says what is wrong and makes nobody (%#)', async (asked, field) => {
  const given = await token();
  expect(await setup.complete({ token: given, ...asked })).toMatchObject({ ok: false, field });
  expect(await users.list()).toEqual([]);
  expect(await setup.isToken(given)).toBe(true);
});

test("the token is not in the database, and without one nothing is anybody's token", async () => {
  const guesses = ['', 'null', 'undefined'];
  expect(await Promise.all(guesses.map((guess) => setup.isToken(guess)))).toEqual([false, false, false]);
  const given = await token();
  const rows = await database.web<{ value: string }[]>`select value::text as value from settings`;
  expect(rows.some(({ value }) => value.includes(given))).toBe(false);
  const stored = rows.map(({ value }) => value.replaceAll('"', ''));
  expect(await Promise.all(stored.map((value) => setup.isToken(value)))).toEqual(stored.map(() => false));
});

test('an owner of the environment is made once; their own password later stays theirs', async () => {
  await Promise.all([setup.ensureOwner(ADA), setup.ensureOwner(ADA)]);
  const [owner] = await users.list();
  if (!owner) throw new Error('No owner was made.');
  expect(owner).toMatchObject({ email: ADA.email, role: 'owner' });
  expect(await setup.hasOwner()).toBe(true);
  await users.useLink(await users.makeLink(owner.id), 'my own password');
  await setup.ensureOwner(ADA);
  expect(await canSignIn(ADA)).toBe(false);
  expect(await canSignIn({ ...ADA, password: 'my own password' })).toBe(true);
});

test('an invited user of that address becomes the owner; a password against the rules stops the start', async () => {
  await users.create(ADA.email, 'viewer');
  await expect(setup.ensureOwner({ ...ADA, password: ADA.email })).rejects.toThrow('ADMIN_PASSWORD cannot be used.');
  await setup.ensureOwner(ADA);
  expect(await users.list()).toMatchObject([{ role: 'owner', has_password: true }]);
});

test('an owner who cannot sign in yet leaves the setup open', async () => {
  await users.create(ADA.email, 'owner');
  expect(await setup.hasOwner()).toBe(false);
  expect(await setup.complete({ ...ADA, token: await token() })).toMatchObject({ ok: true });
});

test('the fingerprint is kept at the first start; another key refuses to start and says so', async () => {
  const [vault, other] = [createVault('the first key, long enough'), createVault('another key, long enough')];
  await checkFingerprint(database, vault);
  await checkFingerprint(database, createVault('the first key, long enough'));
  const refusal = checkFingerprint(database, other);
  await expect(refusal).rejects.toThrow(`this database was written with the key ${vault.fingerprint}`);
  await expect(refusal).rejects.toThrow('SECRET_KEY');
  await checkFingerprint(database, vault);
});

test('of two first starts with different keys one refuses', async () => {
  const vaults = ['one key of sixteen', 'two keys of sixteen'].map((key) => createVault(key));
  const starts = await Promise.allSettled(vaults.map((vault) => checkFingerprint(database, vault)));
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('audit lines name who did what, newest first, and go with the transaction they tell of', async () => {
  const user = { kind: 'user', id: 1, email: 'ada@example.com', role: 'owner' } as const;
  const ada = { ...user, sessionId: 'f'.repeat(64), expiresAt: new Date() };
  const key = { kind: 'key', id: 7, name: 'ci', role: 'admin' } as const;
  const line = { action: 'source.created', subject: 'source stripe' };
  await audit(database, { ...line, actor: ada, detail: { provider: 'stripe', names: ['a', 'b'], count: 2 } });
  await audit(database, { ...line, actor: key });
  await audit(database, { ...line, actor: { ...key, id: 0, name: 'API_KEY' } });
  const undone = database.web.begin(async (transaction) => {
    await audit(transaction, { ...line, actor: 'system' });
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await audit(database, { ...line, actor: 'link' });

  const all = await listAudit(database, { limit: 100 });
  expect(all.map(({ actor }) => actor)).toEqual(['one-time link', 'API_KEY', 'key 7 ci', 'ada@example.com']);
  expect(all.at(-1)).toMatchObject({ ...line, detail: { provider: 'stripe', names: ['a', 'b'], count: 2 } });
  expect(all[0]?.at).toBeInstanceOf(Date);
  const [newest, ...older] = all;
  expect(await listAudit(database, { before: newest?.id ?? 0, limit: 2 })).toEqual(older.slice(0, 2));
});
