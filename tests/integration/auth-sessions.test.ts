// Sessions on a real database, with a clock of our own: at rest, while used, and how they end.

import { beforeEach, expect, test } from 'vitest';
import { createAuth } from '#lib/server/auth/auth.ts';
import type { UserPrincipal } from '#lib/server/auth/principal.ts';
import { testDatabase } from '../support/database.ts';
import { meet } from '../support/meeting.ts';

const DAY_MS = 86_400_000;
const PASSWORD = 'correct horse battery';

const database = await testDatabase();
const time = { now: 0 };
const auth = createAuth({ database, bootstrapKey: null, clock: () => time.now });

beforeEach(() => {
  time.now = Date.now();
});

let users = 0;

/** A user who can sign in. */
async function person(role: 'owner' | 'viewer' = 'viewer') {
  const email = `person${(users += 1)}@example.com`;
  const write = await auth.users.create(email, role);
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  await auth.users.useLink(await auth.users.makeLink(write.user.id), PASSWORD);
  return { id: write.user.id, email };
}

async function signedIn(email: string, password = PASSWORD): Promise<string> {
  const result = await auth.login({ email, password, remoteIp: '192.0.2.1' });
  if (!result.ok) throw new Error(result.reason);
  return result.session.cookieValue;
}

const who = (cookieValue: string) =>
  auth.principalOfRequest({ cookieHeader: `${auth.cookie.name}=${cookieValue}`, authorization: null });

async function principalOf(cookieValue: string): Promise<UserPrincipal> {
  const principal = await who(cookieValue);
  if (principal?.kind !== 'user') throw new Error('Nobody is signed in.');
  return principal;
}

test('a cookie signs its user in, with their role', async () => {
  const { id, email } = await person();
  expect(await who(await signedIn(email))).toMatchObject({ kind: 'user', id, email, role: 'viewer' });
});

test("the cookie's value is in no table and not in the principal; what is stored signs nobody in", async () => {
  const cookieValue = await signedIn((await person()).email);
  const principal = await principalOf(cookieValue);
  const stored = await database.web<{ row: string }[]>`
    select s::text as row from sessions s union all select u::text from users u`;
  expect(stored.filter(({ row }) => row.includes(cookieValue))).toEqual([]);
  expect(stored.filter(({ row }) => row.includes(principal.sessionId))).toHaveLength(1);
  expect(JSON.stringify(principal)).not.toContain(cookieValue);
  expect(await who(principal.sessionId)).toBeNull();
});

test('no cookie that the browser brought becomes a session: each login has its own', async () => {
  const { email } = await person();
  const planted = 'a'.repeat(40);
  expect(await who(planted)).toBeNull();
  const [first, second] = [await signedIn(email), await signedIn(email)];
  expect(new Set([planted, first, second]).size).toBe(3);
  expect(await who(planted)).toBeNull();
});

test.each(['', 'x', `${'a'.repeat(40)}'--`, 'A'.repeat(40), 'a'.repeat(100_000), '%E0%A4%A'])(
  'a malformed cookie is nobody, not a fault (%#)',
  async (value) => {
    expect(await who(value)).toBeNull();
  }
);

test('a session that is used is renewed, one that is not ends after 14 days', async () => {
  const { email } = await person();
  const [used, idle] = [await signedIn(email), await signedIn(email)];
  for (const days of [6, 6]) {
    time.now += days * DAY_MS;
    expect(await who(used)).not.toBeNull();
  }
  time.now += 3 * DAY_MS;
  expect(await who(used)).not.toBeNull();
  expect(await who(idle)).toBeNull();
});

test('no renewal reaches past 30 days', async () => {
  const cookieValue = await signedIn((await person()).email);
  const start = time.now;
  const absolute = new Date(start + 30 * DAY_MS);
  for (let days = 1; days <= 29; days += 1) {
    time.now = start + days * DAY_MS;
    const { expiresAt } = await principalOf(cookieValue);
    expect(expiresAt.getTime(), `day ${days}`).toBeLessThanOrEqual(absolute.getTime());
  }
  time.now = absolute.getTime() - 1000;
  const last = await principalOf(cookieValue);
  expect(last.expiresAt).toEqual(absolute);
  expect(await auth.stillValid(last)).toBe(true);
  time.now = absolute.getTime();
  expect(await who(cookieValue)).toBeNull();
  expect(await auth.stillValid(last)).toBe(false);
});

test('at the absolute limit a request writes nothing any more', async () => {
  const cookieValue = await signedIn((await person()).email);
  const start = time.now;
  for (const days of [10, 20, 25]) {
    time.now = start + days * DAY_MS;
    await principalOf(cookieValue);
  }
  const { sessionId } = await principalOf(cookieValue);
  const version = () => database.web`select xmin, expires_at from sessions where id = ${sessionId}`;
  const before = await version();
  await principalOf(cookieValue);
  expect(await version()).toEqual(before);
});

test('the cookie may live as long as the session can', async () => {
  const { email } = await person();
  const result = await auth.login({ email, password: PASSWORD, remoteIp: '192.0.2.1' });
  expect(result).toMatchObject({ ok: true, session: { absoluteExpiresAt: new Date(time.now + 30 * DAY_MS) } });
});

test('logout ends this session and no other', async () => {
  const { email } = await person();
  const [here, there] = [await signedIn(email), await signedIn(email)];
  const principal = await principalOf(here);
  await auth.logout(principal);
  expect(await who(here)).toBeNull();
  expect(await auth.stillValid(principal)).toBe(false);
  expect(await who(there)).not.toBeNull();
});

test('disabling a user ends their sessions at once, and enabling brings none back', async () => {
  const { id, email } = await person();
  const cookieValue = await signedIn(email);
  const principal = await principalOf(cookieValue);
  await auth.users.setDisabled(id, true);
  expect(await auth.stillValid(principal)).toBe(false);
  expect(await who(cookieValue)).toBeNull();
  await auth.users.setDisabled(id, false);
  expect(await who(cookieValue)).toBeNull();
});

test('a new password ends the sessions of the old one', async () => {
  const { id, email } = await person();
  const cookieValue = await signedIn(email);
  const principal = await principalOf(cookieValue);
  expect(await auth.users.useLink(await auth.users.makeLink(id), 'another password')).toBeNull();
  expect(await who(cookieValue)).toBeNull();
  expect(await auth.stillValid(principal)).toBe(false);
  await signedIn(email, 'another password');
});

test('a new role signs out, and cuts what was opened with the old one', async () => {
  const { id, email } = await person();
  const principal = await principalOf(await signedIn(email));
  await auth.users.setRole(id, 'customer');
  expect(await auth.stillValid(principal)).toBe(false);
  expect(await principalOf(await signedIn(email))).toMatchObject({ role: 'customer' });
});

test.each([
  ['the user is disabled', 'disabled_at = now()'],
  ['the password is changed', "password_hash = password_hash || 'x'"]
])('a login that is under way when %s leaves no session behind', async (_, change) => {
  const { id, email } = await person();
  const result = await meet(database, {
    // The password is checked; the change is not committed yet.
    hold: (transaction) => transaction.unsafe(`update users set ${change} where id = ${id}`),
    start: () => auth.login({ email, password: PASSWORD, remoteIp: '192.0.2.1' }),
    waiting: 1
  });
  expect(result).toEqual({ ok: false, reason: 'wrong' });
  expect(await database.web`select 1 from sessions where user_id = ${id}`).toHaveLength(0);
});

test('a user disabled by hand in the database is out at once, sessions or not', async () => {
  const { id, email } = await person();
  const cookieValue = await signedIn(email);
  const principal = await principalOf(cookieValue);
  await database.web`update users set disabled_at = now() where id = ${id}`;
  expect(await auth.stillValid(principal)).toBe(false);
  expect(await who(cookieValue)).toBeNull();
});

test('a bearer key that is given is the one that counts: a wrong one is not made good by a cookie', async () => {
  const cookieHeader = `${auth.cookie.name}=${await signedIn((await person()).email)}`;
  for (const authorization of ['Bearer nonsense', 'Bearer ', 'bearer x y']) {
    expect(await auth.principalOfRequest({ cookieHeader, authorization }), authorization).toBeNull();
  }
});

test('Basic, which a proxy may have put there, does not stand in for the cookie', async () => {
  const { email } = await person();
  const cookieHeader = `${auth.cookie.name}=${await signedIn(email)}`;
  for (const authorization of ['Basic YTpi', '']) {
    expect(await auth.principalOfRequest({ cookieHeader, authorization }), authorization).toMatchObject({ email });
    expect(await auth.principalOfRequest({ cookieHeader: null, authorization }), authorization).toBeNull();
  }
});
