// Destinations with a rate, a number at once and an order, run by two nodes that both take messages for them.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make } from '../support/outside.ts';
import { startReceiver, type Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const KEYS = 100;
const PER_KEY = 5;
/** Every so many tries fails. */
const FAILS = 7;

let open = 0;
let mostOpen = 0;
const stuck = new Set(['stuck-1']);
const receiver = await startReceiver((request, response) => {
  if (request.url === '/slow') {
    mostOpen = Math.max(mostOpen, (open += 1));
    void delay(20).then(() => ((open -= 1), response.end()));
  } else response.writeHead(answerOf(request)).end();
});

function answerOf({ url, body }: Received): number {
  if (url === '/ordered') return receiver.at(url).length % FAILS === 0 ? 500 : 200;
  if (url === '/stuck') return stuck.has((JSON.parse(String(body)) as { key: string }).key) ? 500 : 200;
  return 200;
}

const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const nodes = [
  await startHoldfast({ databaseUrl: database.url, env }),
  await startHoldfast({ databaseUrl: database.url, env })
];
const [holdfast, neighbour] = nodes as [Holdfast, Holdfast];
afterAll(() => Promise.all(nodes.map((node) => node.stop())));

async function connected(slug: string, more: Record<string, unknown>): Promise<number> {
  await make(holdfast, '/sources', { slug, provider: 'none' });
  const destination = { name: slug, url: `${receiver.url}/${slug}`, ...more };
  const { id } = await make(holdfast, '/destinations', destination);
  await make(holdfast, '/connections', { source: slug, destination: id });
  return id;
}
const json = (body: unknown) => ({ body: JSON.stringify(body), headers: {} });
const keyOf = ({ body }: Received) => (JSON.parse(String(body)) as { key: string }).key;
const numberOf = ({ body }: Received) => (JSON.parse(String(body)) as { n: number }).n;

test(`in order for each of ${KEYS} keys, whatever fails, while they overtake each other`, async () => {
  await connected('ordered', {
    ordered: true,
    order_key: 'json:key',
    retry: { schedule_seconds: Array(40).fill(0.05) }
  });
  // One after another for a key, as a sender that waits for its answer; each by the other node than the one before.
  await Promise.all(
    Array.from({ length: KEYS }, async (_, key) => {
      for (let n = 0; n < PER_KEY; n += 1) {
        await accepted(nodes[(n + key) % 2]!, 'ordered', json({ key: `k${key}`, n }));
      }
    })
  );
  const succeeded = () => receiver.at('/ordered').filter((_, at) => (at + 1) % FAILS !== 0);
  await until(() => succeeded().length === KEYS * PER_KEY, { patienceMs: 60_000 });
  const byKey = Object.groupBy(succeeded(), keyOf);
  for (const got of Object.values(byKey)) expect(got!.map(numberOf)).toEqual([...Array(PER_KEY).keys()]);
  // A try that failed is not overtaken by what comes after it.
  for (const tries of Object.values(Object.groupBy(receiver.at('/ordered'), keyOf))) {
    const numbers = tries!.map(numberOf);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}, 90_000);

test('a head that is stuck holds up its own key only, is shown, and can be skipped', async () => {
  const id = await connected('stuck', {
    ordered: true,
    order_key: 'json:key',
    retry: { schedule_seconds: Array(9).fill(600) }
  });
  const sent: string[] = [];
  for (const n of [0, 1, 2]) {
    sent.push(await accepted(holdfast, 'stuck', json({ key: 'stuck-1', n })));
    await accepted(neighbour, 'stuck', json({ key: 'free', n }));
  }
  const of = (key: string) => receiver.at('/stuck').filter((request) => keyOf(request) === key);
  await until(() => of('free').length === 3);
  const head = await deliveryWhen(holdfast, sent[0]!, ({ attempt_count: tries }) => tries === 1);
  expect(of('stuck-1')).toHaveLength(1);
  expect((await holdfast.api(`/destinations/${id}/stuck`)).body).toMatchObject({
    data: [{ delivery_id: head.id, message_id: sent[0], attempt_count: 1, behind: 2 }]
  });
  expect((await fetch(`${holdfast.url}/readyz`)).status).toBe(200);

  stuck.clear();
  const skipped = await holdfast.api(`/deliveries/${head.id}/skip`, { method: 'POST' });
  expect(skipped).toMatchObject({
    ...{
      status: 200,
      body: { status: 'failed', last_error: expect.stringMatching(/^Skipped by API_KEY\. Before/) as string }
    }
  });
  await until(() => of('stuck-1').length === 3);
  expect(of('stuck-1').map(numberOf)).toEqual([0, 1, 2]);
  await deliveryWhen(holdfast, sent[2]!, ({ status }) => status === 'succeeded');
  expect((await holdfast.api(`/destinations/${id}/stuck`)).body).toMatchObject({ data: [] });
  expect(await holdfast.api(`/deliveries/${head.id}/skip`, { method: 'POST' })).toMatchObject({ status: 409 });
});

test('without a key: one at a time, in the order of receipt', async () => {
  await connected('plain', { ordered: true });
  for (let n = 0; n < 20; n += 1) await accepted(nodes[n % 2]!, 'plain', json({ n }));
  await until(() => receiver.at('/plain').length === 20);
  expect(receiver.at('/plain').map(numberOf)).toEqual([...Array(20).keys()]);
});

test('never faster than its rate, by both nodes together', async () => {
  await connected('rated', { rate: { per_second: 20 } });
  await Promise.all(Array.from({ length: 60 }, (_, n) => accepted(nodes[n % 2]!, 'rated', json({ n }))));
  await until(() => receiver.at('/rated').length === 60);
  const times = receiver.at('/rated').map(({ at }) => at);
  // Any second of it; a request may be late by what the network and this process take.
  const inSecond = times.map((from) => times.filter((at) => at >= from && at < from + 1000).length);
  expect(Math.max(...inSecond)).toBeLessThanOrEqual(22);
  expect(new Set(receiver.at('/rated').map(numberOf)).size).toBe(60);
});

test('never more at once than it takes, by both nodes together', async () => {
  await connected('slow', { concurrency: 3 });
  await Promise.all(Array.from({ length: 40 }, (_, n) => accepted(nodes[n % 2]!, 'slow', json({ n }))));
  await until(() => receiver.at('/slow').length === 40);
  expect(mostOpen).toBe(3);
});

test('a message that is sent there later keeps to the order too', async () => {
  await make(holdfast, '/sources', { slug: 'back-filled', provider: 'none' });
  const url = `${receiver.url}/back-filled`;
  const { id } = await make(holdfast, '/destinations', { name: 'back-filled', url, ordered: true });
  const sent: string[] = [];
  for (let n = 0; n < 10; n += 1) sent.push(await accepted(holdfast, 'back-filled', json({ n })));
  await holdfast.api(`/destinations/${id}/pause`, { method: 'POST' });
  for (const message of sent.toReversed()) {
    const again = await holdfast.api(`/messages/${message}/redeliver`, { method: 'POST', body: { destination: id } });
    expect(again).toMatchObject({ status: 202 });
  }
  await holdfast.api(`/destinations/${id}/resume`, { method: 'POST' });
  await until(() => receiver.at('/back-filled').length === 10);
  expect(receiver.at('/back-filled').map(numberOf)).toEqual([...Array(10).keys()]);
});

test('the node that ran it is killed: the other goes on, in order', async () => {
  await connected('taken-over', { ordered: true, rate: 50 });
  // Who takes a message looks first whether it can run the destination.
  for (let n = 0; n < 60; n += 1) await accepted(neighbour, 'taken-over', json({ n }));
  await until(() => receiver.at('/taken-over').length > 5);
  await neighbour.kill('SIGKILL');
  const numbers = () => receiver.at('/taken-over').map(numberOf);
  expect(new Set(numbers()).size).toBeLessThan(60);
  await until(() => new Set(numbers()).size === 60, { patienceMs: 40_000 });
  // At least once: what was under way when it was killed comes a second time.
  expect(numbers()).toEqual(numbers().toSorted((a, b) => a - b));
}, 60_000);
