// Destinations that take nothing for a while: paused by a person, held by the circuit breaker. Nothing is lost, nothing
// uses up its tries, and what waited goes when they take deliveries again.

import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make, messageOf } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

/** Paths that answer 503 now. */
const broken = new Set<string>();
const receiver = await startReceiver(({ url }, response) => {
  response.writeHead(broken.has(url) ? 503 : 200).end();
});
const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
const neighbour = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => Promise.all([holdfast.stop(), neighbour.stop()]));

interface Destination {
  id: number;
  state: { status: string; reason: string | null; next_probe_at: string | null; waiting: number };
}

async function connected(slug: string, more: Record<string, unknown> = {}): Promise<number> {
  await make(holdfast, '/sources', { slug, provider: 'none' });
  const { id } = await make<Destination>(holdfast, '/destinations', {
    ...{ name: slug, url: `${receiver.url}/${slug}`, ...more }
  });
  await make(holdfast, '/connections', { source: slug, destination: id });
  return id;
}

const send = (slug: string) => accepted(holdfast, slug, { body: '{}', headers: {} });
const sendSome = (slug: string, count: number) => Promise.all(Array.from({ length: count }, () => send(slug)));
const stateOf = async (id: number) => ((await holdfast.api(`/destinations/${id}`)).body as Destination).state;
const act = (id: number, what: 'pause' | 'resume') => holdfast.api(`/destinations/${id}/${what}`, { method: 'POST' });
const arrived = (slug: string) => new Set(receiver.at(`/${slug}`).map(({ headers }) => headers['holdfast-message-id']));

test('paused: held, on every node, and shown so; resumed: sent, each once', async () => {
  const id = await connected('paused');
  expect(await stateOf(id)).toEqual({ status: 'active', since: null, reason: null, next_probe_at: null, waiting: 0 });
  expect(await act(id, 'pause')).toMatchObject({ status: 200, body: { state: { status: 'paused' } } });
  const ids = await sendSome('paused', 20);
  const onNeighbour = await accepted(neighbour, 'paused', { body: '{}', headers: {} });

  expect(await messageOf(holdfast, ids[0]!)).toMatchObject({
    ...{ status: 'held', deliveries: [{ status: 'held', next_attempt_at: null, attempt_count: 0 }] }
  });
  const listed = await holdfast.api('/messages?source=paused&status=held');
  expect((listed.body as { data: { status: string }[] }).data.map(({ status }) => status)).toEqual(
    Array(21).fill('held')
  );
  expect((await holdfast.api('/messages?source=paused&status=pending')).body).toMatchObject({ data: [] });
  const reason = expect.stringContaining('Paused by API_KEY') as string;
  expect(await stateOf(id)).toMatchObject({ status: 'paused', reason, waiting: 21 });
  expect(arrived('paused').size).toBe(0);
  expect((await fetch(`${holdfast.url}/readyz`)).status).toBe(200);

  expect(await act(id, 'resume')).toMatchObject({ status: 200, body: { state: { status: 'active' } } });
  await until(() => arrived('paused').size === 21);
  expect([...arrived('paused')].sort()).toEqual([...ids, onNeighbour].sort());
  expect(receiver.at('/paused')).toHaveLength(21);
});

test('a handler is paused in the same way', async () => {
  const handlers = (await holdfast.api('/destinations')).body as { data: { id: number; handler: string | null }[] };
  const { id } = handlers.data.find(({ handler }) => handler === 'github-pull-requests')!;
  await act(id, 'pause');
  expect(await stateOf(id)).toMatchObject({ status: 'paused' });
  await act(id, 'resume');
  expect(await stateOf(id)).toMatchObject({ status: 'active' });
});

test('failing: held with the reason and nothing lost; back: found out by one probe, and all of it goes', async () => {
  broken.add('/failing');
  const id = await connected('failing');
  const ids = await sendSome('failing', 30);
  await until(async () => (await stateOf(id)).status === 'held');
  expect(await stateOf(id)).toMatchObject({
    reason: expect.stringMatching(/^\d+ tries in a row failed since .*The destination answered 503\.$/) as string,
    next_probe_at: expect.any(String) as string,
    waiting: 30
  });
  await until(async () => (await messageOf(holdfast, ids[29]!)).status === 'held');
  const tried = receiver.at('/failing').length;
  const later = await sendSome('failing', 5);
  expect(await messageOf(holdfast, later[0]!)).toMatchObject({ status: 'held' });

  // A probe that fails uses up nothing.
  await act(id, 'resume');
  await until(() => receiver.at('/failing').length > tried);
  await until(async () => (await stateOf(id)).reason === 'It still fails. The last try: The destination answered 503.');
  expect(receiver.at('/failing')).toHaveLength(tried + 1);
  const [row] = await database.web<{ tries: number; attempts: number }[]>`
    select sum(tries)::int as tries, sum(attempt_count)::int as attempts from delivery_queue where destination_id = ${id}`;
  expect(row).toEqual({ tries: tried, attempts: tried + 1 });

  broken.delete('/failing');
  await act(id, 'resume');
  await until(async () => (await stateOf(id)).waiting === 0);
  expect(await stateOf(id)).toMatchObject({ status: 'active', reason: null });
  expect([...arrived('failing')].sort()).toEqual([...ids, ...later].sort());
});

test('a new URL for one that is held is tried at once, and what waited goes there', async () => {
  broken.add('/moved-from');
  const id = await connected('moved-from');
  const ids = await sendSome('moved-from', 20);
  await until(async () => (await stateOf(id)).status === 'held');
  const change = { url: `${receiver.url}/moved-to` };
  expect(await holdfast.api(`/destinations/${id}`, { method: 'PATCH', body: change })).toMatchObject({ status: 200 });
  await until(() => arrived('moved-to').size === 20);
  expect([...arrived('moved-to')].sort()).toEqual([...ids].sort());
});

test('a re-delivery is the probe of one that is held', async () => {
  broken.add('/clicked');
  const id = await connected('clicked');
  const ids = await sendSome('clicked', 20);
  await until(async () => (await stateOf(id)).status === 'held');
  broken.delete('/clicked');
  expect(await holdfast.api(`/messages/${ids[0]!}/redeliver`, { method: 'POST', body: {} })).toMatchObject({
    status: 202
  });
  await until(async () => (await stateOf(id)).status === 'active');
  await until(async () => (await stateOf(id)).waiting === 0);
});

test('one message that is refused does not hold up the others', async () => {
  const id = await connected('one-bad', { retry: { schedule_seconds: Array(30).fill(0) } });
  broken.add('/one-bad');
  const bad = await send('one-bad');
  await deliveryWhen(holdfast, bad, ({ status }) => status === 'failed');
  expect(await stateOf(id)).toMatchObject({ status: 'active' });
  expect(receiver.at('/one-bad')).toHaveLength(31);
});

test('paused and held end with the destination', async () => {
  const id = await connected('deleted');
  await act(id, 'pause');
  const message = await send('deleted');
  await holdfast.api(`/destinations/${id}`, { method: 'DELETE' });
  expect(await deliveryWhen(holdfast, message, ({ status }) => status === 'failed')).toMatchObject({
    last_error: expect.stringContaining('was deleted') as string
  });
  expect(await act(id, 'pause')).toMatchObject({ status: 404 });
  expect(await act(id, 'resume')).toMatchObject({ status: 404 });
});
