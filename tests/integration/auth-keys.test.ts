// API keys on a real database: at rest, while used, and how they end.

import { beforeEach, expect, test } from 'vitest';
import { createAuth, type Auth } from '#lib/server/auth/auth.ts';
import { KEY_ROLES } from '#lib/server/auth/principal.ts';
import { connect } from '#lib/server/database/connect.ts';
import { testDatabase } from '../support/database.ts';

const BOOTSTRAP = 'bootstrap key of the environment';

const database = await testDatabase();
const time = { now: 0 };
let auth: Auth;

const freshAuth = (clock = () => time.now) => createAuth({ database, bootstrapKey: BOOTSTRAP, clock });

// What was looked up is kept in memory: each test has its own.
beforeEach(() => {
  time.now = Date.now();
  auth = freshAuth();
});

const who = (key: string, asked = auth) =>
  asked.principalOfRequest({ cookieHeader: null, authorization: `Bearer ${key}` });

test.each(KEY_ROLES)('a key of the role %s has that role', async (role) => {
  const { key, record } = await auth.keys.create({ name: 'ci', role });
  expect(await who(key)).toEqual({ kind: 'key', id: record.id, name: 'ci', role });
});

test('a key is shown once: the database and its record hold its beginning and a hash', async () => {
  const { key, record } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  expect(key).toMatch(/^hf_[A-Za-z0-9]{8}_[\w-]{32}$/);
  expect(key.startsWith(`${record.prefix}_`)).toBe(true);
  const [stored] = await database.web<{ row: string }[]>`
    select k::text || encode(key_hash, 'escape') as row from api_keys k where id = ${record.id}`;
  expect(stored?.row).not.toContain(key.slice(record.prefix.length + 1));
  expect(JSON.stringify(await auth.keys.list())).not.toContain(key.slice(record.prefix.length + 1));
});

test.each(['', 'hf_', `hf_abcdefgh_${'a'.repeat(32)}`, 'x'.repeat(100_000), `${BOOTSTRAP}.`, BOOTSTRAP.slice(0, -1)])(
  'what is no key is nobody (%#)',
  async (key) => {
    expect(await who(key)).toBeNull();
  }
);

test('the key of the environment has full rights; without one in the environment nothing does', async () => {
  const header = { cookieHeader: null, authorization: 'Bearer short-bootstrap-key' };
  const withKey = createAuth({ database, bootstrapKey: 'short-bootstrap-key' });
  const principal = await withKey.principalOfRequest(header);
  expect(principal).toEqual({ kind: 'key', id: 0, name: 'API_KEY', role: 'owner' });
  if (principal) expect(await withKey.stillValid(principal)).toBe(true);
  expect(await createAuth({ database, bootstrapKey: null }).principalOfRequest(header)).toBeNull();
});

test('the scheme may be written as it likes, but must be Bearer', async () => {
  const { key } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  const asked = (authorization: string) => auth.principalOfRequest({ cookieHeader: null, authorization });
  expect(await asked(`bearer ${key}`)).not.toBeNull();
  expect(await asked(`Bearer   ${key} `)).not.toBeNull();
  expect(await asked(key)).toBeNull();
  expect(await asked(`Basic ${key}`)).toBeNull();
  expect(await asked(`Bearer ${key} ${key}`)).toBeNull();
});

test('a revoked key ends at once here, within 5 s on another node, and streams with it are cut', async () => {
  const elsewhere = freshAuth();
  const { key, record } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  const principal = await who(key);
  expect(await who(key, elsewhere)).not.toBeNull();
  expect(await auth.keys.revoke(record.id)).toBe(true);
  expect(await who(key)).toBeNull();
  if (principal) expect(await elsewhere.stillValid(principal)).toBe(false);
  time.now += 5000;
  expect(await who(key, elsewhere)).toBeNull();
  expect(await auth.keys.revoke(record.id)).toBe(false);
});

test('a key ends at the moment it expires, also while it is in use', async () => {
  const { key } = await auth.keys.create({ name: 'ci', role: 'viewer', expiresAt: new Date(time.now + 1000) });
  const principal = await who(key);
  expect(principal).not.toBeNull();
  time.now += 999;
  expect(await who(key)).not.toBeNull();
  time.now += 1;
  expect(await who(key)).toBeNull();
  if (principal) expect(await auth.stillValid(principal)).toBe(false);
});

test('a busy key asks the database once in a while, not at each request', async () => {
  const { key, record } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  await Promise.all(Array.from({ length: 50 }, () => who(key)));
  // Gone from the table, and still known: nothing was asked.
  await database.web`delete from api_keys where id = ${record.id}`;
  time.now += 2000;
  expect(await who(key)).not.toBeNull();
  time.now += 3000;
  expect(await who(key)).toBeNull();
});

test('the last use is noted, at most once a minute', async () => {
  const { key, record } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  const noted = async () => (await auth.keys.read(record.id))?.last_used_at?.getTime() ?? null;
  expect(await noted()).toBeNull();
  const first = time.now;
  await who(key);
  expect(await noted()).toBe(first);
  time.now = first + 59_999;
  await who(key);
  await who(key, freshAuth());
  expect(await noted()).toBe(first);
  time.now = first + 63_000;
  await who(key);
  expect(await noted()).toBe(first + 63_000);
});

test('with the database away the question fails; it is not answered with no', async () => {
  const { key } = await auth.keys.create({ name: 'ci', role: 'viewer' });
  const away = connect('postgres://127.0.0.1:1/none');
  const cutOff = createAuth({ database: away, bootstrapKey: BOOTSTRAP });
  await expect(who(key, cutOff)).rejects.toThrow();
  expect(await who('not a key', cutOff)).toBeNull();
  await away.close();
});

test('a key can be renamed, and is listed newest first', async () => {
  const first = await auth.keys.create({ name: 'first', role: 'viewer' });
  const second = await auth.keys.create({ name: 'second', role: 'member' });
  expect(await auth.keys.rename(first.record.id, 'renamed')).toMatchObject({ name: 'renamed', role: 'viewer' });
  const ids = (await auth.keys.list()).map(({ id }) => id);
  expect(ids.indexOf(second.record.id)).toBeLessThan(ids.indexOf(first.record.id));
  expect(await auth.keys.rename(999_999, 'nobody')).toBeNull();
});
