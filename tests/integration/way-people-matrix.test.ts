// Every page, every form and every operation of the API × everybody who may ask. What is not in the tables here fails.

import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, make, send, type DoorAnswer } from '../support/outside.ts';
import { invited, newPerson, type Person } from '../support/people.ts';
import { ENDPOINTS, ENTRIES, FORMS, OPERATIONS, PAGES, RANKS, STAFF, type Least } from '../support/who-may.ts';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

const account = await make(holdfast, '/accounts', {
  name: 'Ada',
  currency: 'usd',
  owner_email: 'customer@example.org'
});
await make(holdfast, '/sources', { slug: 'shop', provider: 'none' });
const message = await accepted(holdfast, 'shop', { body: '{}', headers: {} });
const asked = await holdfast.api('/jobs', { method: 'POST', body: { kind: 'redeliver', filter: {}, dry_run: true } });
const job = (asked.body as { id: number }).id;
const [handler] = ((await holdfast.api('/destinations')).body as { data: { id: number }[] }).data;
const connection = await make(holdfast, '/connections', { source: 'shop', destination: handler!.id });

const NO_SUCH = '01890000-0000-7000-8000-000000000000';
const NOBODY = '999999';
/** What stands for the braces of the tables. */
const filled = (text: string) =>
  text
    .replace('{account}', String(account.id))
    .replace('{message}', message)
    .replace('{job}', String(job))
    .replace('{connection}', String(connection.id))
    .replace('{nobody}', NOBODY);

const routeOf = (file: string) => `/${file.split('/').slice(2, -1).join('/')}`;
const files = (name: string) => globSync(`src/routes/**/${name}`);

test('every page, form, endpoint and operation is in a table here', async () => {
  expect([...Object.keys(PAGES), ...ENTRIES].toSorted()).toEqual(
    [...new Set([...files('+page.svelte'), ...files('+page.server.ts')].map(routeOf))].toSorted()
  );
  const forms = files('+page.server.ts').flatMap((file) => {
    const actions = /^export const actions: Actions = \{$(.*?)^\};?$/ms.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    return [...actions.matchAll(/^ {2}(\w+)(?::|\()/gm)].map(([, name]) => `${routeOf(file)}?/${name}`);
  });
  expect(Object.keys(FORMS).toSorted()).toEqual(forms.filter((form) => !form.startsWith('/(entry)')).toSorted());
  expect(ENDPOINTS).toEqual(
    files('+server.ts')
      .map(routeOf)
      .filter((route) => !route.startsWith('/api'))
      .toSorted()
  );
  const { paths } = (await send(holdfast, '/api/v1/openapi.json')).body as { paths: Record<string, object> };
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice(7)}`));
  expect(Object.keys(OPERATIONS).toSorted()).toEqual(operations.toSorted());
});

/** Somebody who asks: what their credentials are worth, and how they send them. */
interface Caller {
  rank: Least;
  isCustomer: boolean;
  get(path: string): Promise<DoorAnswer>;
  submit(path: string, fields?: Record<string, string>): Promise<DoorAnswer>;
  headers: Record<string, string>;
}

const byCookie = (rank: Least, person: Person): Caller => ({
  ...{ rank, isCustomer: rank === 'customer', get: person.get, submit: person.submit },
  headers: { cookie: person.cookie(), origin: holdfast.url }
});

function byKey(rank: Least, key: string): Caller {
  const headers = { authorization: `Bearer ${key}` };
  return {
    ...{ rank, isCustomer: false, headers },
    get: (path) => send(holdfast, path, { headers }),
    submit: (path, fields = {}) =>
      send(holdfast, path, {
        method: 'POST',
        headers: { ...headers, origin: holdfast.url, accept: 'text/html' },
        body: new URLSearchParams(fields)
      })
  };
}

const callers: Record<string, Caller> = {};
const NAMES = [
  ...['nobody', 'customer', 'other customer', ...STAFF, ...STAFF.map((role) => `${role}'s key`)],
  ...['revoked key', 'made-up key', 'expired session', 'disabled owner']
];

beforeAll(async () => {
  callers['nobody'] = byCookie('anybody', newPerson(holdfast));
  callers['customer'] = byCookie('customer', await invited(holdfast, 'customer@example.org', 'customer'));
  callers['other customer'] = byCookie('customer', await invited(holdfast, 'other@example.org', 'customer'));
  const makeKey = (role: string) => make<{ id: number; key: string }>(holdfast, '/keys', { name: role, role });
  for (const role of STAFF) {
    callers[role] = byCookie(role, await invited(holdfast, `${role}@example.org`, role));
    callers[`${role}'s key`] = byKey(role, (await makeKey(role)).key);
  }
  const revoked = await makeKey('owner');
  await holdfast.api(`/keys/${revoked.id}`, { method: 'DELETE' });
  callers['revoked key'] = byKey('anybody', revoked.key);
  callers['made-up key'] = byKey('anybody', 'hf_00000000_made_up');
  callers['expired session'] = byCookie('anybody', await invited(holdfast, 'expired@example.org', 'owner'));
  callers['disabled owner'] = byCookie('anybody', await invited(holdfast, 'disabled@example.org', 'owner'));
  await database.web`
    update sessions set expires_at = now() where user_id = (select id from users where email = 'expired@example.org')`;
  const [disabled] = await database.web<{ id: number }[]>`select id from users where email = 'disabled@example.org'`;
  await holdfast.api(`/users/${disabled!.id}`, { method: 'PATCH', body: { disabled: true } });
});

const may = (caller: Caller, least: Least) => RANKS.indexOf(caller.rank) >= RANKS.indexOf(least);

/** What a page or a form answers those who may not: strangers are led to sign in, customers to their page. */
function refusalOf(caller: Caller): { status: number; to: string | null } {
  if (caller.rank === 'anybody') return { status: 303, to: '/login' };
  return caller.isCustomer ? { status: 303, to: '/account' } : { status: 403, to: null };
}
const refusalIn = ({ status, headers }: DoorAnswer) => ({ status, to: headers.get('location')?.split('?')[0] ?? null });

describe.each(NAMES)('%s', (name) => {
  test('pages', async () => {
    const caller = callers[name]!;
    for (const [route, { path, least }] of Object.entries(PAGES)) {
      const page = await caller.get(filled(path));
      if (may(caller, least)) expect(page.status, route).toBe(200);
      else expect({ route, ...refusalIn(page) }).toEqual({ route, ...refusalOf(caller) });
      // The same page as data, without its frame.
      const data = await caller.get(`${filled(path)}/__data.json`);
      if (!may(caller, least)) expect(data.text, route).not.toMatch(/"Ada"|"shop"|"owner@example\.org"/);
    }
  });

  test('forms', async () => {
    const caller = callers[name]!;
    for (const [form, { path, least, fields = {} }] of Object.entries(FORMS)) {
      const action = form.split('?')[1]!;
      const given = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, filled(value)]));
      const answer = await caller.submit(filled(action === '/default' ? path : `${path}?${action}`), given);
      const refused = { form, ...refusalOf(caller) };
      if (!may(caller, least)) expect({ form, ...refusalIn(answer) }).toEqual(refused);
      else expect([200, 303, 400, 404, 409], form).toContain(answer.status);
    }
  });

  test('API', async () => {
    const caller = callers[name]!;
    for (const [operation, least] of Object.entries(OPERATIONS)) {
      const answer = await callAtNothing(operation, caller.headers);
      const refused = { operation, status: caller.rank === 'anybody' ? 401 : 403 };
      // Where a stream is asked for what is none, that is said first.
      const isLetIn = may(caller, least) || (operation === 'GET /live' && caller.isCustomer);
      if (isLetIn) expect([200, 400, 404], operation).toContain(answer.status);
      else expect({ operation, status: answer.status }).toEqual(refused);
      const words = { error: expect.any(String) as string, message: expect.any(String) as string };
      if (answer.status >= 400) expect(answer.body, operation).toEqual(words);
    }
  });
});

/** Calls an operation where there is nothing, so that those who may are told just that. */
async function callAtNothing(operation: string, credentials: Record<string, string>): Promise<DoorAnswer> {
  const [method = '', path = ''] = operation.split(' ');
  const id = /messages|deliveries/.test(path) ? NO_SUCH : NOBODY;
  const query = path === '/live' ? '?topics=nonsense' : '';
  const called = path.replace('{id}', id).replace('{secret_id}', '1');
  const headers = { ...credentials, 'content-type': 'application/json' };
  return send(holdfast, `/api/v1${called}${query}`, { method, headers, ...(method === 'GET' ? {} : { body: '{}' }) });
}

test('none of it changed anything', async () => {
  const [counts] = await database.web`
    select (select count(*) from accounts)::int as accounts, (select count(*) from destinations where kind = 'http')::int as destinations,
           (select count(*) from sources where slug = 'shop')::int as sources, (select count(*) from connections)::int as connections,
           (select count(*) from users)::int as users, (select count(*) from api_keys)::int as keys`;
  expect(counts).toEqual({ accounts: 1, destinations: 0, sources: 1, connections: 1, users: 8, keys: 5 });
});
