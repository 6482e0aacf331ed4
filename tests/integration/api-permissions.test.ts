// Every operation × everybody who may ask: who is let through, who gets 401 or 403, and that a refusal changes nothing.

import { describe, expect, test } from 'vitest';
import { allOperations } from '#lib/server/api/document.ts';
import type { Operation, OperationPermission } from '#lib/server/api/operation.ts';
import { KEY_ROLES, ROLES, type Principal } from '#lib/server/auth/principal.ts';
import { apiFor, keyOf, ORIGIN, userOf } from '../support/api-client.ts';
import { apiParts, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();
const parts = await apiParts(database);

/** By the contract, and not by the code: what the roles may. */
const MAY: Record<string, readonly OperationPermission[]> = {
  nobody: ['public'],
  customer: ['public'],
  viewer: ['public', 'read', 'account'],
  member: ['public', 'read', 'account', 'redeliver'],
  admin: ['public', 'read', 'account', 'redeliver', 'manage'],
  owner: ['public', 'read', 'account', 'redeliver', 'manage', 'own']
};

const callers: [string, string, Principal | null][] = [
  ['nobody', 'nobody', null],
  ...ROLES.map((role): [string, string, Principal] => [`user ${role}`, role, userOf(role)]),
  ...KEY_ROLES.map((role): [string, string, Principal] => [`key ${role}`, role, keyOf(role)])
];

/** What the contract asks of an operation. */
function needed({ method, path }: Operation): OperationPermission {
  if (path === '/openapi.json') return 'public';
  if (path.startsWith('/users')) return 'own';
  // A look at gaps uses the key of the provider's API.
  if (/^\/(?:keys|settings)|\/gaps$/.test(path)) return 'manage';
  if (/\/(?:redeliver|reverify|resolve|skip|edit)$/.test(path)) return 'redeliver';
  if (method === 'GET') return path === '/accounts/{id}' ? 'account' : 'read';
  if (path.startsWith('/jobs')) return 'redeliver';
  return 'manage';
}

/** A path at which there is nothing, so that what is let through ends in 404, or 400 for its body. */
const nowhere = ({ path }: Operation) => path.replaceAll(/\{\w+\}/g, '999999');

test.each(allOperations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s needs what the contract says',
  (_, operation) => expect(operation.permission).toBe(needed(operation))
);

describe.each(callers)('%s', (_, role, principal) => {
  const api = apiFor(parts, principal, { origin: ORIGIN, 'sec-fetch-site': 'same-origin' });

  test.each(allOperations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    '%s',
    async (_name, operation) => {
      const answer = await api(operation.method, nowhere(operation), operation.method === 'GET' ? undefined : {});
      const may = MAY[role]?.includes(needed(operation)) ?? false;
      if (may) expect([200, 400, 404]).toContain(answer.status);
      else expect(answer.status).toBe(principal === null ? 401 : 403);
      if (!may) expect(answer.json).toMatchObject({ error: principal === null ? 'unauthorized' : 'forbidden' });
    }
  );
});

test('nobody is told how to sign in', async () => {
  const answer = await apiFor(parts, null)('GET', '/messages');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

test('a refused write changes nothing', async () => {
  const body = { slug: 'refused', provider: 'none' };
  for (const principal of [null, keyOf('member'), userOf('customer'), userOf('viewer')])
    await apiFor(parts, principal, { origin: ORIGIN })('POST', '/sources', body);
  expect(await database.web`select from sources where slug = 'refused'`).toHaveLength(0);
});

describe('with a session cookie', () => {
  const body = { slug: 'forged', provider: 'none' };

  test.each([
    { origin: 'https://evil.example' },
    { origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
    { 'content-type': 'text/plain', origin: 'http://evil.example', 'sec-fetch-site': 'same-site' }
  ])('a write of another site is refused: %j', async (headers) => {
    const answer = await apiFor(parts, userOf('owner'), headers)('POST', '/sources', body);
    expect(answer.status).toBe(403);
    expect(await database.web`select from sources where slug = 'forged'`).toHaveLength(0);
    expect((await apiFor(parts, userOf('owner'), headers)('GET', '/sources')).status).toBe(200);
  });

  test('a write of our own pages is done; a key needs no origin', async () => {
    await make(apiFor(parts, userOf('owner'), { origin: ORIGIN }), '/sources', { slug: 'own', provider: 'none' });
    await make(apiFor(parts, keyOf('owner'), { origin: 'https://other.example' }), '/sources', { provider: 'none' });
  });
});

test('an error that nobody expected shows only its id', async () => {
  const logged: unknown[] = [];
  const broken = {
    ...parts,
    logger: { error: (fields: unknown) => void logged.push(fields) },
    routing: { ...parts.routing, refresh: () => Promise.reject(new Error('the secret reason')) }
  };
  const answer = await apiFor(broken, keyOf('owner'))('POST', '/sources', { provider: 'none' });
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('secret reason');
  const [fields] = logged;
  const id: unknown = typeof fields === 'object' && fields !== null ? Reflect.get(fields, 'error_id') : undefined;
  expect(answer.text).toContain(String(id));
});

test('with the database away the answer is 503, and when to try again', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const broken = {
    ...parts,
    logger: { error: () => {} },
    routing: { ...parts.routing, refresh: () => Promise.reject(away) }
  };
  const answer = await apiFor(broken, keyOf('owner'))('POST', '/sources', { provider: 'none' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(answer.json).toMatchObject({ error: 'unavailable' });
});
