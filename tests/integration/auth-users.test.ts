// Users and their one-time links on a real database.

import { beforeEach, expect, test } from 'vitest';
import { createAuth } from '#lib/server/auth/auth.ts';
import type { Role } from '#lib/server/auth/principal.ts';
import { testDatabase } from '../support/database.ts';
import { meet } from '../support/meeting.ts';

const HOUR_MS = 3_600_000;
const PASSWORD = 'correct horse battery';

const database = await testDatabase();
const time = { now: Date.now() };
const auth = createAuth({ database, bootstrapKey: null, clock: () => time.now });
const { users } = auth;

beforeEach(async () => {
  await database.web`delete from users`;
});

async function invited(email: string, role: Role = 'viewer'): Promise<number> {
  const write = await users.create(email, role);
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  return write.user.id;
}

async function person(email: string, role: Role = 'viewer'): Promise<number> {
  const id = await invited(email, role);
  expect(await users.useLink(await users.makeLink(id), PASSWORD)).toBeNull();
  return id;
}

const canSignIn = async (email: string, password = PASSWORD) =>
  (await auth.login({ email, password, remoteIp: '192.0.2.1' })).ok;

test('a user has one address, however it is written', async () => {
  await invited('Ada@Example.com');
  expect(await users.create('ada@example.com', 'owner')).toEqual({ outcome: 'email_taken', email: 'ada@example.com' });
  expect(await users.list()).toMatchObject([{ email: 'ada@example.com', role: 'viewer', has_password: false }]);
});

test('a record never holds the password hash', async () => {
  await person('ada@example.com');
  expect(JSON.stringify(await users.list())).not.toContain('argon2');
});

test('the last owner who can sign in stays one: an invited one does not count, nor does a disabled one', async () => {
  const ada = await person('ada@example.com', 'owner');
  const invitee = await invited('invited@example.com', 'owner');
  const disabled = await person('disabled@example.com', 'owner');
  expect(await users.setDisabled(disabled, true)).toMatchObject({ outcome: 'saved' });
  expect(await users.setRole(ada, 'admin')).toEqual({ outcome: 'last_owner' });
  expect(await users.setDisabled(ada, true)).toEqual({ outcome: 'last_owner' });
  expect(await users.read(ada)).toMatchObject({ role: 'owner', disabled_at: null });
  expect(await canSignIn('ada@example.com')).toBe(true);
  await users.useLink(await users.makeLink(invitee), PASSWORD);
  expect(await users.setRole(ada, 'admin')).toMatchObject({ outcome: 'saved', user: { role: 'admin' } });
});

test('where no owner can sign in yet, the last invited one stays', async () => {
  const invitee = await invited('invited@example.com', 'owner');
  expect(await users.setRole(invitee, 'viewer')).toEqual({ outcome: 'last_owner' });
  expect(await users.setDisabled(invitee, true)).toEqual({ outcome: 'last_owner' });
  await invited('other@example.com', 'owner');
  expect(await users.setRole(invitee, 'viewer')).toMatchObject({ outcome: 'saved' });
});

test('a refused change signs nobody out', async () => {
  const ada = await person('ada@example.com', 'owner');
  const result = await auth.login({ email: 'ada@example.com', password: PASSWORD, remoteIp: '192.0.2.1' });
  if (!result.ok) throw new Error(result.reason);
  await users.setDisabled(ada, true);
  const cookieHeader = `${auth.cookie.name}=${result.session.cookieValue}`;
  expect(await auth.principalOfRequest({ cookieHeader, authorization: null })).toMatchObject({ id: ada });
});

test('two owners who demote each other at once leave one', async () => {
  const pair = [await person('ada@example.com', 'owner'), await person('bob@example.com', 'owner')];
  const writes = await meet(database, {
    // Ending the sessions comes last: both are through with looking who is left, unless one waits for the other.
    hold: (transaction) => transaction`lock table sessions in access exclusive mode`,
    start: () => Promise.all(pair.map((id) => users.setRole(id, 'viewer'))),
    waiting: 2
  });
  expect(writes.map(({ outcome }) => outcome).sort()).toEqual(['last_owner', 'saved']);
});

test('a user who is not there is unknown', async () => {
  expect(await users.setRole(999_999, 'owner')).toEqual({ outcome: 'unknown' });
  expect(await users.setDisabled(999_999, true)).toEqual({ outcome: 'unknown' });
  expect(await users.read(999_999)).toBeNull();
});

test('a link lets its user choose a password, once', async () => {
  const id = await invited('ada@example.com');
  const token = await users.makeLink(id);
  expect(await users.linkOwner(token)).toEqual({ id, email: 'ada@example.com' });
  expect(await users.useLink(token, PASSWORD)).toBeNull();
  expect(await canSignIn('ada@example.com')).toBe(true);
  expect(await users.linkOwner(token)).toBeNull();
  expect(await users.useLink(token, 'another password')).toContain('24 hours');
  expect(await canSignIn('ada@example.com', 'another password')).toBe(false);
});

test('of two who use a link at once one is told it is gone', async () => {
  const token = await users.makeLink(await invited('ada@example.com'));
  const passwords = ['the first password', 'the second password'];
  const refusals = await Promise.all(passwords.map((password) => users.useLink(token, password)));
  expect(refusals.filter((refusal) => refusal === null)).toHaveLength(1);
  const works = await Promise.all(passwords.map((password) => canSignIn('ada@example.com', password)));
  expect(works).toEqual(refusals.map((refusal) => refusal === null));
});

test('a link ends after 24 hours, with a newer one, and when its user is disabled', async () => {
  const id = await invited('ada@example.com');
  const first = await users.makeLink(id);
  const second = await users.makeLink(id);
  expect(await users.linkOwner(first)).toBeNull();
  time.now += 24 * HOUR_MS - 1;
  expect(await users.linkOwner(second)).not.toBeNull();
  time.now += 1;
  expect(await users.useLink(second, PASSWORD)).toContain('24 hours');
  const third = await users.makeLink(id);
  await users.setDisabled(id, true);
  await users.setDisabled(id, false);
  expect(await users.useLink(third, PASSWORD)).toContain('24 hours');
  expect(await users.read(id)).toMatchObject({ has_password: false });
});

test('links made at once leave one that works', async () => {
  const id = await invited('ada@example.com');
  const tokens = await Promise.all(Array.from({ length: 6 }, () => users.makeLink(id)));
  const good = await Promise.all(tokens.map((token) => users.linkOwner(token)));
  expect(good.filter((owner) => owner !== null)).toHaveLength(1);
});

test('a password that breaks the rules leaves the link as it was', async () => {
  const token = await users.makeLink(await invited('ada@example.com'));
  expect(await users.useLink(token, 'short')).toContain('at least 8');
  expect(await users.useLink(token, 'Ada@example.com')).toContain('email address');
  expect(await users.useLink(token, PASSWORD)).toBeNull();
});

test("a link's token is not in the database", async () => {
  const token = await users.makeLink(await invited('ada@example.com'));
  const rows = await database.web<{ row: string }[]>`
    select l::text || encode(token_hash, 'escape') as row from password_links l`;
  expect(rows).toHaveLength(1);
  expect(rows[0]?.row).not.toContain(token);
});
