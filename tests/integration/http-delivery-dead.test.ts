// A destination that takes connections and never answers: what it holds up is its own.

import { afterAll, expect, test } from 'vitest';
import { processesIn } from '#lib/server/database/embedded-process.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, accountOf, make, post } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

/** More than one process takes in its hands. */
const BACKLOG = 3_000;
const AT_ONCE = 100;
/** A sender's patience with us is longer; a hanging try takes 30 s. */
const SOON_MS = 8_000;
const EXIT_WITHIN_MS = 5_000;
const SECRET = 'whsec_neighbours';
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };

const receiver = await startReceiver(({ url }, response) => {
  if (!url.startsWith('/dead')) response.end();
});

async function connect(holdfast: Holdfast, slug: string): Promise<void> {
  await make(holdfast, '/sources', { slug, provider: 'none' });
  const destination = await make(holdfast, '/destinations', { name: slug, url: `${receiver.url}/${slug}` });
  await make(holdfast, '/connections', { source: slug, destination: destination.id });
}

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
let stopped = false;
afterAll(async () => {
  if (!stopped) await holdfast.stop();
});

test(`with ${BACKLOG} messages before a dead destination, a payment and a healthy destination go at once`, async () => {
  await connect(holdfast, 'dead');
  await connect(holdfast, 'healthy');
  await make(holdfast, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
  const { id } = await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });
  for (let sent = 0; sent < BACKLOG; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => post(holdfast, 'dead', { body: '{}' })));
  }

  await accepted(holdfast, 'stripe', signedByStripe(stripePayment({ accountId: id, amount: 5 }).succeeded(), SECRET));
  await until(async () => (await accountOf(holdfast, id)).balance === 5, { patienceMs: SOON_MS });
  for (let n = 1; n <= 5; n += 1) {
    await accepted(holdfast, 'healthy', { body: String(n), headers: {} });
    await until(() => receiver.at('/healthy').length === n, { patienceMs: SOON_MS });
  }
  // Backlog and all: the healthy one's burst does not wait for the dead one's tries either.
  await Promise.all(Array.from({ length: 300 }, () => post(holdfast, 'healthy', { body: '{}' })));
  await until(() => receiver.at('/healthy').length === 305, { patienceMs: SOON_MS });
});

test('stopping does not wait for it: exit code 0 within five seconds, and what was tried is tried again', async () => {
  const hanging = receiver.at('/dead').length;
  expect(hanging).toBeGreaterThan(0);
  const started = performance.now();
  stopped = true;
  expect(await holdfast.stop()).toBe(0);
  expect(performance.now() - started).toBeLessThan(EXIT_WITHIN_MS);
  // A try that was cut off counts as none.
  const [row] = await database.web`
    select count(*)::int as queued, max(attempt_count) as tries, count(leased_until)::int as leased from delivery_queue`;
  expect(row).toEqual({ queued: BACKLOG, tries: 0, leased: 0 });
});

test('nor for a Stripe that does not answer: what a handler was preparing counts as no try', async () => {
  const node = await startHoldfast({ databaseUrl: database.url, env });
  const options = { confirm_with_api: true, api_base_url: `${receiver.url}/dead-stripe` };
  const secrets = [SECRET, { label: 'stripe-api-key', value: 'sk_test' }];
  await make(node, '/sources', { slug: 'confirmed', provider: 'stripe', secrets, options });
  const signed = signedByStripe(stripePayment({ accountId: 1 }).succeeded(), SECRET);
  const message = await accepted(node, 'confirmed', signed);
  await until(() => receiver.received.some(({ url }) => url.startsWith('/dead-stripe')));
  const started = performance.now();
  expect(await node.stop()).toBe(0);
  expect(performance.now() - started).toBeLessThan(EXIT_WITHIN_MS);
  const rows = await database.web`select attempt_count from delivery_queue where message_id = ${message}`;
  expect(rows).toEqual([{ attempt_count: 0 }]);
});

test('with the embedded database: stopped as cleanly', async () => {
  const embedded = await startHoldfast({ env });
  await connect(embedded, 'dead-embedded');
  await accepted(embedded, 'dead-embedded', { body: '{}', headers: {} });
  await until(() => receiver.at('/dead-embedded').length === 1);
  const started = performance.now();
  expect(await embedded.stop()).toBe(0);
  expect(performance.now() - started).toBeLessThan(EXIT_WITHIN_MS);
  expect(processesIn(`${embedded.dataDirectory}/postgres`)).toEqual([]);
});
