// What goes wrong with a payment, from outside: who is to mend it reads why, mends it, and delivers again.

import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, accountOf, deliveryWhen, make, messageOf, settledMessages } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripeEvent, stripeId, stripePayment, type StripeEventBody } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_failures';

const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' }
});
afterAll(() => holdfast.stop());

const source = (slug: string, options: Record<string, unknown> = {}, secrets: unknown[] = [SECRET]) =>
  make(holdfast, '/sources', { slug, provider: 'stripe', secrets, options });
const account = (more: Record<string, unknown> = {}) =>
  make(holdfast, '/accounts', { name: 'Ada', currency: 'usd', ...more });
const send = (slug: string, event: StripeEventBody) => accepted(holdfast, slug, signedByStripe(event, SECRET));
const redeliver = (id: string) => holdfast.api(`/messages/${id}/redeliver`, { method: 'POST', body: {} });

/** The delivery once it has failed for good. */
const failed = (message: string) => deliveryWhen(holdfast, message, (delivery) => delivery.status === 'failed');

await source('plain');

test('a currency that is not the account’s fails with a sentence, and again after a re-delivery', async () => {
  const { id } = await account();
  const message = await send('plain', stripePayment({ accountId: id, currency: 'eur', amount: 100 }).succeeded());
  const delivery = await failed(message);
  expect(delivery.last_error).toMatch(/eur/i);
  expect(delivery.last_error).toMatch(/usd/i);
  expect(await redeliver(message)).toMatchObject({ status: 202 });
  await deliveryWhen(holdfast, message, ({ status, attempt_count: tries }) => status === 'failed' && tries === 2);
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 0, entries: [] });
});

test('a Stripe customer without an account: fails, and is credited by re-delivery once there is one', async () => {
  const message = await send('plain', stripePayment({ customer: 'cus_late', amount: 250 }).succeeded());
  const delivery = await failed(message);
  expect(delivery).toMatchObject({ last_error: expect.stringContaining('cus_late') as string, attempt_count: 1 });
  const { id } = await account({ stripe_customer: 'cus_late' });
  expect(await redeliver(message)).toMatchObject({ status: 202, body: { deliveries: [{ id: delivery.id }] } });
  await deliveryWhen(holdfast, message, ({ status }) => status === 'succeeded');
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 250, entries: [{ message_id: message }] });
});

test('half a character pair in an event’s id: the failure is written all the same', async () => {
  const message = await send('plain', stripePayment({ amount: 1 }).succeeded({ id: `${stripeId('evt')}\ud83d` }));
  expect(await failed(message)).toMatchObject({ attempt_count: 1, attempts: [{ outcome: 'error' }] });
  expect(holdfast.output()).not.toContain('could not be run');
});

test('an error shows what it was about: message, event, handler, attempt; in the log line too', async () => {
  const event = stripePayment({ amount: 1 }).succeeded();
  const message = await send('plain', event);
  const delivery = await failed(message);
  const context = { message_id: message, event_id: event.id, handler: 'stripe-balance', attempt: 1 };
  expect(delivery.attempts).toEqual([
    expect.objectContaining({
      number: 1,
      outcome: 'error',
      status_code: null,
      error: delivery.last_error,
      detail: context
    })
  ]);
  const logged = () =>
    holdfast
      .output()
      .split('\n')
      .filter((line) => line.includes(delivery.id))
      .map((line): unknown => JSON.parse(line));
  await until(() => logged().length > 0);
  expect(logged()).toEqual([expect.objectContaining({ ...context, error: delivery.last_error })]);
});

test('what cannot be mended by waiting is not tried again; what can is, with a growing pause', async () => {
  await source('waiting');
  const message = await send('waiting', stripePayment({ amount: 900 }).refunded(100));
  const waiting = await deliveryWhen(holdfast, message, ({ attempt_count: tries }) => tries === 2);
  expect(waiting).toMatchObject({ status: 'pending', next_attempt_at: expect.any(String) as string });
  expect(waiting.attempts.map(({ number, outcome }) => ({ number, outcome }))).toEqual([
    { number: 1, outcome: 'error' },
    { number: 2, outcome: 'error' }
  ]);
  const [first, second] = waiting.attempts.map((attempt) => Date.parse(attempt.started_at));
  expect(Date.parse(waiting.next_attempt_at!) - second!).toBeGreaterThan(second! - first!);
});

test('test-mode events count and are marked; a source for live ones only refuses them', async () => {
  await source('live-only', { livemode: 'live' });
  const { id } = await account();
  await send('plain', stripePayment({ accountId: id, amount: 10 }).succeeded({ livemode: false }));
  const refused = await send('live-only', stripePayment({ accountId: id, amount: 20 }).succeeded({ livemode: false }));
  await send('live-only', stripePayment({ accountId: id, amount: 40 }).succeeded({ livemode: true }));
  expect((await failed(refused)).last_error).toMatch(/test/i);
  await settledMessages(holdfast, 'plain');
  await settledMessages(holdfast, 'live-only');
  const { balance, entries } = await accountOf(holdfast, id);
  expect({ balance, lines: entries.map(({ amount, test: marked }) => [amount, marked]) }).toEqual({
    balance: 50,
    lines: expect.arrayContaining([
      [10, true],
      [40, false]
    ]) as unknown
  });
});

test('events of connected accounts are refused unless the source allows them', async () => {
  await source('connect', { allow_connect: true });
  const { id } = await account();
  const event = () => stripePayment({ accountId: id, amount: 7 }).succeeded({ account: 'acct_other' });
  expect((await failed(await send('plain', event()))).last_error).toMatch(/acct_other/);
  const taken = await send('connect', event());
  await deliveryWhen(holdfast, taken, ({ status }) => status === 'succeeded');
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 7 });
});

test('a payment that failed shows without an amount; an event that is no business of the handler makes no delivery', async () => {
  const { id } = await account();
  const message = await send(
    'plain',
    stripePayment({ accountId: id, amount: 60 }).failed({ message: 'Card declined.' })
  );
  await deliveryWhen(holdfast, message, ({ status }) => status === 'succeeded');
  expect(await accountOf(holdfast, id)).toMatchObject({
    balance: 0,
    entries: [{ amount: 0, kind: 'payment_failed', reason: expect.stringContaining('Card declined.') as string }]
  });
  const other = await send('plain', stripeEvent('customer.created', { id: 'cus_new' }));
  expect(await messageOf(holdfast, other)).toMatchObject({
    status: 'none',
    deliveries: [],
    event_type: 'customer.created'
  });
});

/** A server that speaks as much of Stripe's API as is asked. */
const known = new Map<string, StripeEventBody>();
const asked: IncomingMessage[] = [];
const stripeApi = createServer((request, response) => {
  asked.push(request);
  const id = /^\/v1\/events\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '';
  const event = known.get(id);
  response.writeHead(event ? 200 : 404, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(
      event ?? { error: { type: 'invalid_request_error', code: 'resource_missing', message: `No such event: '${id}'` } }
    )
  );
});
beforeAll(async () => {
  await once(stripeApi.listen(0, '127.0.0.1'), 'listening');
  const options = {
    confirm_with_api: true,
    api_base_url: `http://127.0.0.1:${(stripeApi.address() as AddressInfo).port}`
  };
  await source('confirmed', options, [SECRET, { label: 'stripe-api-key', value: 'sk_live_of_this_source' }]);
});
afterAll(() => {
  stripeApi.closeAllConnections();
  stripeApi.close();
});

test('confirm_with_api credits what Stripe says, with the key of the source', async () => {
  const { id } = await account();
  const payment = stripePayment({ accountId: id, amount: 100 });
  const event = payment.succeeded();
  known.set(event.id, { ...event, data: { object: { ...event.data.object, amount_received: 80 } } });
  const message = await send('confirmed', event);
  await deliveryWhen(holdfast, message, ({ status }) => status === 'succeeded');
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 80 });
  expect(asked.at(-1)!.headers.authorization).toBe('Bearer sk_live_of_this_source');
});

test('confirm_with_api does not credit what Stripe does not know', async () => {
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 100 }).succeeded({ id: stripeId('evt_signed_by_a_thief') });
  const message = await send('confirmed', event);
  const delivery = await deliveryWhen(holdfast, message, ({ attempt_count: tries }) => tries > 0);
  expect(delivery.last_error).toContain(event.id);
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 0, entries: [] });
});
