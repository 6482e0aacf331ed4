// What keeps the service: health, metrics, keys, the live stream; and what it answers while its database is away.

import { afterAll, expect, test } from 'vitest';
import type { AccountState } from '#lib/inbox/types.ts';
import { databaseProxy } from '../support/database-proxy.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { read } from '../support/live.ts';
import { accepted, accountOf, allMessages, make, messageOf, post, send } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const REVOKED_WITHIN_MS = 5_000;
const SECRET = 'whsec_service';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
await make(holdfast, '/sources', { slug: 'plain', provider: 'none' });
const authorization = `Bearer ${holdfast.apiKey}`;

test('healthz, readyz with each part by its name, metrics in the text form of Prometheus', async () => {
  expect(await send(holdfast, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  const ready = await send(holdfast, '/readyz');
  expect(ready).toMatchObject({ status: 200, body: { status: 'ready' } });
  const checks = ready.body['checks'] as { name: string; ok: boolean; detail: string }[];
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['database', true],
    ['queue', true],
    ['prune', true]
  ]);

  await accepted(holdfast, 'plain', { body: '{}', headers: {} });
  const metrics = await send(holdfast, '/metrics');
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  for (const line of metrics.text.split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .*|\w+(\{.*\})? -?[\d.e+-]+|\w+(\{.*\})? (NaN|[+-]?Inf)|)$/);
  }
  expect(metrics.text).toMatch(/^holdfast_door_answers_total\{status="200"\} [1-9]/m);
});

test('readyz is red, and says why, when the last prune is a day late', async () => {
  const failing = async () => {
    const { status, body } = await send(holdfast, '/readyz');
    return [status, (body['checks'] as { ok: boolean; detail: string }[]).flatMap((c) => (c.ok ? [] : [c.detail]))];
  };
  await until(async () => (await database.web`select 1 from prune_runs where outcome = 'done'`).length > 0);
  await database.web`update prune_runs set started_at = started_at - interval '26 h', finished_at = finished_at - interval '26 h'`;
  expect(await failing()).toEqual([
    503,
    [expect.stringMatching(/^the last run that worked was 26\.\d h ago, the limit/)]
  ]);
  await database.web`update prune_runs set started_at = started_at + interval '26 h', finished_at = finished_at + interval '26 h'`;
  expect(await failing()).toEqual([200, []]);
});

const keyFor = async (role: string) => {
  const { id, key } = await make<{ id: number; key: string }>(holdfast, '/keys', { name: role, role });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const call = async (method: string, path: string, body?: unknown) =>
    (
      await send(holdfast, `/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
    ).status;
  return { id, headers, call };
};

test('a key does what its role may, until it is revoked', async () => {
  const message = await accepted(holdfast, 'plain', { body: '{}', headers: {} });
  const outcomes: Record<string, number[]> = {};
  for (const role of ['viewer', 'member', 'admin', 'owner']) {
    const { call } = await keyFor(role);
    outcomes[role] = [
      await call('GET', '/messages'),
      await call('POST', `/messages/${message}/redeliver`, {}),
      await call('POST', '/accounts', { name: role, currency: 'usd' }),
      await call('GET', '/users')
    ];
  }
  // Nothing is connected to the source: 409 is what comes after the permission.
  expect(outcomes).toEqual({
    viewer: [200, 403, 403, 403],
    member: [200, 409, 403, 403],
    admin: [200, 409, 201, 403],
    owner: [200, 409, 201, 200]
  });
});

test('a revoked key, and its open stream, end within five seconds', async () => {
  const { id, headers, call } = await keyFor('viewer');
  const reader = await read(holdfast.url, 'topics=inbox', { headers });
  expect(await call('GET', '/messages')).toBe(200);
  expect(await holdfast.api(`/keys/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
  const revokedAt = performance.now();
  await until(async () => (await call('GET', '/messages')) === 401, { patienceMs: REVOKED_WITHIN_MS });
  await until(reader.isEnded, { patienceMs: REVOKED_WITHIN_MS - (performance.now() - revokedAt) });
  expect((await read(holdfast.url, 'topics=inbox', { headers })).status).toBe(401);
});

test.each(['', 'topics=', 'topics=nothing', 'topics=account:x', 'topics=inbox&since=yesterday'])(
  'a stream of "%s" is refused with 400',
  async (query) => {
    const answer = await send(holdfast, `/api/v1/live?${query}`, { headers: { authorization } });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: expect.any(String) as string, message: expect.any(String) as string }
    });
  }
);

test('a stream tells of a payment: the message, its delivery, the account as a reload would show it', async () => {
  const { id } = await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });
  const reader = await read(holdfast.url, `topics=inbox,account:${id}`, { headers: { authorization } });
  expect(reader.headers['content-type']).toMatch(/^text\/event-stream/);
  const message = await accepted(
    holdfast,
    'stripe',
    signedByStripe(stripePayment({ accountId: id, amount: 42 }).succeeded(), SECRET)
  );
  const [arrived] = await reader.arrive('message');
  expect(arrived!.data).toMatchObject({
    id: message,
    source: { slug: 'stripe' },
    event_type: 'payment_intent.succeeded'
  });
  await until(() => reader.of('delivery').some(({ data }) => data['status'] === 'succeeded'));
  await reader.arrive('account');
  expect(reader.of('account').at(-1)!.data).toMatchObject({
    id,
    balance: 42,
    entries: [{ amount: 42, message_id: message }]
  });
  const { entries, ...state } = await accountOf(holdfast, id);
  expect(reader.of('account').at(-1)!.data).toEqual({ ...pick(state), entries });
  const { deliveries, ...detail } = await messageOf(holdfast, message);
  expect(deliveries[0]).toMatchObject({ status: 'succeeded' });
  const [listed] = await allMessages(holdfast, `q=${message}`);
  expect({ ...arrived!.data, status: detail.status }).toEqual(listed);

  const since = reader.lastId()!;
  reader.close();
  const missed = await accepted(holdfast, 'plain', { body: '{}', headers: {} });
  const back = await read(holdfast.url, 'topics=inbox', { headers: { authorization, 'last-event-id': since } });
  expect((await back.arrive('message')).map(({ data }) => data['id'])).toContain(missed);
});

/** What live carries of an account: the API adds what only managers are shown. */
function pick({ id, name, currency, balance, version }: Omit<AccountState, 'entries'>) {
  return { id, name, currency, balance, version };
}

test('while the database is away: 503 with Retry-After, never 200; then everything again, nothing lost', async () => {
  const proxy = await databaseProxy(database.url);
  const away = await startHoldfast({ databaseUrl: proxy.url });
  try {
    expect((await post(away, 'plain', { body: '"before"' })).status).toBe(200);
    await proxy.refuse();
    proxy.cut();
    const refused = await post(away, 'plain', { body: '"away"' });
    expect(refused).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(away, '/healthz')).status).toBe(200);
    const ready = await send(away, '/readyz');
    expect(ready).toMatchObject({
      status: 503,
      body: { checks: [{ name: 'database', ok: false }, { name: 'queue' }, { name: 'prune' }] }
    });
    const api = await send(away, '/api/v1/messages', { headers: { authorization: `Bearer ${away.apiKey}` } });
    expect(api).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    await proxy.forward();
    await until(async () => (await post(away, 'plain', { body: '"after"' })).status === 200);
    expect((await send(away, '/readyz')).status).toBe(200);
    const sizes = (await allMessages(holdfast, 'source=plain&q="')).map(({ size }) => size);
    expect(sizes).toContain('"before"'.length);
    expect(sizes).not.toContain('"away"'.length);
  } finally {
    await away.stop();
  }
});
