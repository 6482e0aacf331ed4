// After an outage with ten thousand deliveries waiting: all of them arrive, once each, and never faster than the
// destination's rate; without a rate, gently at first.

import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { make, post } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const WAITING = 10_000;
const AT_ONCE = 100;
const RATE = 400;
/** A receiver on a busy machine is told of requests a little together. */
const SLACK = 1.1;

let away = true;
const receiver = await startReceiver((_, response) => {
  response.writeHead(away ? 503 : 200).end();
});
const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' }
});
afterAll(() => holdfast.stop());

test(`${WAITING} waiting drain at ${RATE} a second`, async () => {
  await make(holdfast, '/sources', { slug: 'outage', provider: 'none' });
  const destination = { name: 'outage', url: `${receiver.url}/outage`, rate: RATE };
  const { id } = await make(holdfast, '/destinations', destination);
  await make(holdfast, '/connections', { source: 'outage', destination: id });
  for (let sent = 0; sent < WAITING; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => post(holdfast, 'outage', { body: '{}' })));
  }
  const state = async () =>
    ((await holdfast.api(`/destinations/${id}`)).body as { state: { status: string; waiting: number } }).state;
  expect(await state()).toMatchObject({ status: 'held', waiting: WAITING });

  const tried = receiver.received.length;
  away = false;
  expect((await holdfast.api(`/destinations/${id}/resume`, { method: 'POST' })).status).toBe(200);
  await until(async () => (await state()).waiting === 0, { patienceMs: (WAITING / RATE) * 3000 });
  const times = receiver.received.slice(tried).map(({ at }) => at);
  expect(times).toHaveLength(WAITING);
  expect(new Set(receiver.received.slice(tried).map(({ headers }) => headers['holdfast-message-id'])).size).toBe(
    WAITING
  );
  const inSecond = times.map((from, n) => times.findIndex((at, later) => later > n && at >= from + 1000) - n);
  expect(Math.max(...inSecond)).toBeLessThanOrEqual(RATE * SLACK);
}, 240_000);
