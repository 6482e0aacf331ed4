// The API of destinations, connections and accounts, and pages of such lists.

import { describe, expect, test } from 'vitest';
import { ensureHandlerDestinations } from '#lib/server/routing/destinations.ts';
import { apiFor, keyOf, userOf } from '../support/api-client.ts';
import { anyText, apiParts, field, idOf, listWith, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const SECRET = 'whsec_a_secret_that_nobody_may_see';

describe('destinations and connections', () => {
  test('handlers are there by themselves, and stay', async () => {
    const { json } = await api('GET', '/destinations');
    const handler = { name: 'stripe-balance', kind: 'handler', handler: 'stripe-balance', url: null };
    expect(json).toMatchObject({ data: listWith(handler), next_cursor: null });
    await ensureHandlerDestinations(database, parts.handlers);
    const [row] = await sql<{ id: number }[]>`select id from destinations where handler = 'stripe-balance'`;
    const path = `/destinations/${row?.id ?? 0}`;
    expect((await api('DELETE', path)).status).toBe(409);
    expect((await api('PATCH', path, { url: 'https://example.org' })).status).toBe(409);
    expect((await api('PATCH', path, { name: 'Balances' })).json).toMatchObject({ name: 'Balances', kind: 'handler' });
  });

  test('a handler whose name an HTTP destination has gets another', async () => {
    await make(api, '/destinations', { name: 'new-handler', url: 'https://example.org/' });
    await ensureHandlerDestinations(database, [{ name: 'new-handler' }]);
    const rows = await sql`select name from destinations where handler = 'new-handler'`;
    expect(rows).toMatchObject([{ name: 'new-handler (handler)' }]);
  });

  test('a destination is created, changed, deleted; its secret is shown only if made here', async () => {
    const body = { name: 'Orders', url: 'https://orders.example/hook', retry: { schedule_seconds: [1, 5] }, rate: 10 };
    const made = await make(api, '/destinations', body);
    expect(made.json).toMatchObject({
      ...body,
      rate: { per_second: 10 },
      ordered: false,
      has_secret: true,
      secret: anyText
    });
    const path = `/destinations/${idOf(made)}`;
    expect((await api('GET', path)).text).not.toContain('whsec_');
    const changed = await api('PATCH', path, { retry: null, ordered: true, secret: SECRET });
    expect(changed.json).toMatchObject({ name: 'Orders', retry: null, rate: { per_second: 10 }, ordered: true });
    expect(changed.text).not.toContain(SECRET);
    const own = await make(api, '/destinations', { name: 'Own', url: 'http://own.example', secret: SECRET });
    expect(own.text).not.toContain(SECRET);
    expect((await api('POST', '/destinations', { name: 'Own', url: 'http://b.example' })).status).toBe(409);
    expect((await api('PATCH', path, { name: 'Own' })).status).toBe(409);
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
  });

  test.each([
    [{ name: 'x', url: 'ftp://x' }, 'url is "ftp://x": a URL that starts with'],
    [{ name: 'x', url: 'https://user:pass@x' }, 'credentials do not belong in the URL'],
    [{ url: 'https://x' }, 'name is missing.'],
    [
      { name: 'x', url: 'https://x', retry: { schedule_seconds: [-1] } },
      'retry.schedule_seconds.0 is -1: 0 to 2592000 seconds'
    ],
    [{ name: 'x', url: 'https://x', rate: 0 }, 'rate'],
    [{ name: 'x', url: 'https://x', ordered: 'yes' }, 'ordered is "yes": expected boolean.']
  ])('refuse %j', async (body, sentence) => {
    const answer = await api('POST', '/destinations', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(sentence.replaceAll('"', '\\"'));
  });

  test('a connection leads from a source to a destination', async () => {
    await make(api, '/sources', { slug: 'connected', provider: 'none' });
    const destination = idOf(await make(api, '/destinations', { name: 'Here', url: 'https://here.example' }));
    const filter = {
      event_types: ['invoice.*'],
      conditions: [{ field: 'json:data.amount', test: 'above', value: 100 }]
    };
    const made = await make(api, '/connections', { source: 'connected', destination, filter });
    expect(made.json).toMatchObject({
      source: { slug: 'connected' },
      destination: { id: destination, name: 'Here' },
      filter
    });
    expect((await parts.routing.source('connected'))?.connections).toMatchObject([
      { destinationId: destination, filter }
    ]);
    const path = `/connections/${idOf(made)}`;
    expect((await api('POST', '/connections', { source: 'connected', destination })).status).toBe(409);
    expect((await api('POST', '/connections', { source: 'nope', destination })).status).toBe(404);
    expect((await api('POST', '/connections', { source: 'connected', destination: 999_999 })).status).toBe(404);
    expect((await api('PATCH', path, { filter: null })).json).toMatchObject({ filter: null });
    expect((await api('PATCH', path, {})).status).toBe(400);
    for (const wrong of [
      { field: 'body:x', test: 'equals', value: 1 },
      { field: 'json:x', test: 'above', value: '1' },
      { field: 'json:x', test: 'equals', value: 2 ** 53 },
      { field: 'json:x', test: 'like', value: 1 },
      { any: [] },
      { any: [{ field: 'json:x', test: 'equals', value: 1 }], all: [] },
      { not: { field: 'json:x', test: 'above', value: '1' } },
      { all: Array(11).fill({ any: Array(10).fill({ field: 'json:x', test: 'exists', value: true }) }) }
    ])
      expect((await api('PATCH', path, { filter: { conditions: [wrong] } })).status).toBe(400);
    expect((await api('GET', path)).json).toMatchObject({ filter: null });
    const deep = `${'{"not":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    expect(await api('PATCH', path, `{"filter":{"conditions":[${deep}]}}`)).toMatchObject({ status: 400 });
    const either = { any: [filter.conditions[0], { not: { all: filter.conditions } }] };
    const nested = { filter: { conditions: [either] } };
    expect((await api('PATCH', path, nested)).json).toMatchObject(nested);
    expect((await parts.routing.source('connected'))?.connections).toMatchObject([nested]);
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
    expect((await parts.routing.source('connected'))?.connections).toEqual([]);
  });
});

test('lists come in pages', async () => {
  for (const slug of ['a', 'b', 'c', 'd', 'e']) await make(api, '/sources', { slug: `page-${slug}`, provider: 'none' });
  const all = await api('GET', '/sources');
  const found: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await api('GET', `/sources?limit=2&cursor=${cursor}`);
    found.push(...[field(page, 'data')].flat());
    const next = field(page, 'next_cursor');
    cursor = typeof next === 'string' ? next : null;
  }
  expect(found).toEqual(field(all, 'data'));
  expect((await api('GET', '/sources?limit=0')).status).toBe(400);
  expect((await api('GET', '/sources?colour=red')).text).toContain('colour is not known here.');
});

test('accounts', async () => {
  const made = await make(api, '/accounts', { name: 'Ada', currency: 'USD', owner_email: 'Ada@Example.org' });
  const id = idOf(made);
  expect(made.json).toMatchObject({ id, name: 'Ada', currency: 'usd', balance: 0, version: 1, entries: [] });
  expect((await api('GET', `/accounts/${id}`)).json).toEqual(made.json);
  const changed = await api('PATCH', `/accounts/${id}`, { stripe_customer: 'cus_1' });
  expect(changed.json).toMatchObject({
    name: 'Ada',
    owner_email: 'ada@example.org',
    stripe_customer: 'cus_1',
    version: 2
  });
  expect((await api('POST', '/accounts', { name: 'B', currency: 'eur', stripe_customer: 'cus_1' })).status).toBe(409);
  for (const body of [
    { name: 'B', currency: 'euro' },
    { name: 'B', currency: 'eur', owner_email: 'x' },
    { currency: 'eur' }
  ])
    expect((await api('POST', '/accounts', body)).status).toBe(400);
  expect((await api('GET', '/accounts')).json).toMatchObject({ data: [{ id }], next_cursor: null });

  const own = apiFor(parts, userOf('customer', 'ada@example.org'));
  expect((await own('GET', `/accounts/${id}`)).json).toEqual(changed.json);
  const other = apiFor(parts, userOf('customer', 'eve@example.org'));
  expect((await other('GET', `/accounts/${id}`)).status).toBe(403);
  expect((await own('GET', `/accounts/${id + 1}`)).status).toBe(403);
  expect((await own('GET', '/accounts')).status).toBe(403);

  expect((await api('DELETE', `/accounts/${id}`)).status).toBe(204);
  expect((await api('GET', `/accounts/${id}`)).status).toBe(404);
});
