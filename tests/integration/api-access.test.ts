// The API of keys and users: nobody hands out more than they have, and a secret is shown once.

import { expect, test } from 'vitest';
import { apiFor, keyOf, ORIGIN } from '../support/api-client.ts';
import { anyText, apiParts, field, idOf, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();
const parts = await apiParts(database);
const admin = apiFor(parts, keyOf('admin'));
const owner = apiFor(parts, keyOf('owner'));

test('a key is shown once, works until it is revoked', async () => {
  const made = await make(admin, '/keys', { name: 'Reader', role: 'viewer' });
  const text = String(field(made, 'key'));
  const path = `/keys/${idOf(made)}`;
  expect(await parts.auth.keys.principal(text)).toMatchObject({ kind: 'key', role: 'viewer', name: 'Reader' });
  const read = await admin('GET', path);
  expect(read.text).not.toContain(text);
  expect(read.json).toMatchObject({ name: 'Reader', role: 'viewer', prefix: text.slice(0, 11), last_used_at: anyText });
  expect((await admin('PATCH', path, { name: 'Reporter' })).json).toMatchObject({ name: 'Reporter' });
  expect((await admin('DELETE', path)).status).toBe(204);
  expect(await parts.auth.keys.principal(text)).toBeNull();
  for (const method of ['GET', 'DELETE']) expect((await admin(method, path)).status).toBe(404);
  expect((await admin('PATCH', path, { name: 'x' })).status).toBe(404);
  expect((await admin('GET', '/keys')).json).toEqual({ data: [], next_cursor: null });
});

test('an admin neither makes nor touches the key of an owner', async () => {
  expect((await admin('POST', '/keys', { name: 'x', role: 'owner' })).status).toBe(403);
  const path = `/keys/${idOf(await make(owner, '/keys', { name: 'All', role: 'owner' }))}`;
  expect((await admin('DELETE', path)).status).toBe(403);
  expect((await admin('PATCH', path, { name: 'x' })).status).toBe(403);
  expect((await owner('DELETE', path)).status).toBe(204);
});

test('a key can end by itself', async () => {
  const made = await make(admin, '/keys', { name: 'Old', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' });
  expect(made.json).toMatchObject({ expires_at: '2020-01-01T00:00:00.000Z' });
  expect(await parts.auth.keys.principal(String(field(made, 'key')))).toBeNull();
  for (const body of [
    { name: 'x', role: 'customer' },
    { name: 'x', role: 'viewer', expires_at: 'soon' },
    { role: 'viewer' }
  ])
    expect((await admin('POST', '/keys', body)).status).toBe(400);
});

test('a user is made with a link, changed, disabled; the last owner stays', async () => {
  const made = await make(owner, '/users', { email: 'Ada@Example.org', role: 'owner' });
  expect(made.json).toMatchObject({ email: 'ada@example.org', role: 'owner', has_password: false, disabled_at: null });
  const link = String(field(made, 'link'));
  expect(link.startsWith(`${ORIGIN}/password/`)).toBe(true);
  expect(await parts.auth.users.linkOwner(link.slice(`${ORIGIN}/password/`.length))).toMatchObject({ id: idOf(made) });
  const path = `/users/${idOf(made)}`;
  expect((await owner('GET', path)).text).not.toContain('password/');
  for (const body of [{ role: 'viewer' }, { disabled: true }])
    expect((await owner('PATCH', path, body)).status).toBe(409);
  expect((await owner('DELETE', path)).status).toBe(409);
  await make(owner, '/users', { email: 'eve@example.org', role: 'owner' });
  expect((await owner('PATCH', path, { role: 'viewer' })).json).toMatchObject({ role: 'viewer' });
  expect((await owner('DELETE', path)).status).toBe(204);
  expect((await owner('GET', path)).json).toMatchObject({ disabled_at: anyText });
  expect((await owner('POST', `${path}/link`)).status).toBe(409);
  expect((await owner('PATCH', path, { disabled: false })).json).toMatchObject({ disabled_at: null });
  expect((await make(owner, `${path}/link`, {})).json).toMatchObject({ link: anyText });
  expect((await owner('POST', '/users', { email: 'ADA@example.org', role: 'viewer' })).status).toBe(409);
  expect((await owner('POST', '/users', { email: 'x', role: 'viewer' })).status).toBe(400);
  expect((await owner('PATCH', '/users/999999', { role: 'viewer' })).status).toBe(404);
});
