// What Stripe says happened, beside the log: sent again by Stripe, or fetched. Stripe is a local server that speaks its API.

import { afterAll, expect, test } from 'vitest';
import type { Look } from '#lib/server/gaps/gaps.ts';
import type { FillResult } from '#lib/server/gaps/fill.ts';
import { textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accountOf, allMessages, bytesOf, make, messageOf, post, settledMessages } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { signedByStripe } from '../support/signing.ts';
import { startStripeApi, type StripeApi, type StripeApiOptions } from '../support/stripe-api.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_of_the_endpoint';

const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' }
});
const apis: StripeApi[] = [];
afterAll(async () => {
  await holdfast.stop();
  for (const api of apis) await api.close();
});

interface SourceOf extends Partial<StripeApiOptions> {
  resends?: boolean;
  secret?: string;
}

async function sourceOf(slug: string, { resends = true, secret = SECRET, ...given }: SourceOf = {}) {
  const api = await startStripeApi({ endpointUrl: `${holdfast.url}/in/${slug}`, secret: SECRET, ...given });
  apis.push(api);
  await make(holdfast, '/sources', {
    ...{ slug, provider: 'stripe', secrets: [secret, { label: 'stripe-api-key', value: api.key }] },
    options: { api_base_url: api.url, ...(resends ? { webhook_endpoint: api.endpoint } : {}) }
  });
  return api;
}

async function look(slug: string, query = ''): Promise<Look> {
  const answer = await holdfast.api(`/sources/${slug}/gaps?${query}`);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as Look;
}

async function fill(slug: string, ids: string[]): Promise<FillResult[]> {
  const answer = await holdfast.api(`/sources/${slug}/gaps/fetch`, { method: 'POST', body: { ids } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return (answer.body as { data: FillResult[] }).data;
}

const receiver = await startReceiver((_, response) => response.end());
const secondsAgo = (seconds: number) => ({ created: Math.floor(Date.now() / 1000) - seconds });

async function account(): Promise<number> {
  return (await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' })).id;
}

test('with webhook_endpoint Stripe sends again what never arrived, and it is credited once', async () => {
  const accountId = await account();
  const api = await sourceOf('resent', { enabledEvents: ['payment_intent.succeeded'] });
  const [arrived, lost] = [stripePayment({ accountId }), stripePayment({ accountId })];
  const [first, second] = [arrived.succeeded(secondsAgo(30)), lost.succeeded(secondsAgo(20))];
  await api.send(first);
  api.list(second);
  // The endpoint does not take it: that it did not arrive is no gap.
  await api.send(lost.refunded(5, secondsAgo(10)));

  const { data, notes } = await look('resent');
  expect(data.map(({ id, state }) => [id, state])).toEqual([
    [second.id, 'missing'],
    [first.id, 'arrived']
  ]);
  expect(notes).toEqual(['Stripe lists the events of the last 30 days.']);
  expect(api.asked.at(-1)).toContain('types%5B0%5D=payment_intent.succeeded');

  expect(await fill('resent', [second.id])).toMatchObject([{ id: second.id, outcome: 'asked' }]);
  await until(async () => (await allMessages(holdfast, 'source=resent')).length === 2);
  await settledMessages(holdfast, 'resent');
  expect(await accountOf(holdfast, accountId)).toMatchObject({ balance: 2 * 1999 });
  expect((await look('resent')).data.map(({ state }) => state)).toEqual(['arrived', 'arrived']);
  // Stripe sends what has arrived, too, when asked: a duplicate, which moves nothing.
  await fill('resent', [second.id]);
  await until(async () => (await allMessages(holdfast, 'source=resent')).length === 3);
  await settledMessages(holdfast, 'resent');
  expect(await accountOf(holdfast, accountId)).toMatchObject({ balance: 2 * 1999 });
});

test('without it the event is fetched: sent to HTTP destinations, refused by handlers, and no bar to the real one', async () => {
  const accountId = await account();
  const api = await sourceOf('fetched', { resends: false });
  const { id: destination } = await make(holdfast, '/destinations', { name: 'crm', url: receiver.url });
  await make(holdfast, '/connections', { source: 'fetched', destination });
  const event = stripePayment({ accountId }).succeeded(secondsAgo(20));
  api.list(event);

  const { data, notes } = await look('fetched');
  expect(data).toMatchObject([{ id: event.id, state: 'missing', event_type: 'payment_intent.succeeded' }]);
  expect(notes).toContain('All types are listed, also those that no endpoint takes.');
  const [stored] = await fill('fetched', [event.id]);
  expect(stored).toMatchObject({ outcome: 'stored', message: textWith('Handlers refuse it') });
  const id = stored?.message_id ?? '';
  await settledMessages(holdfast, 'fetched');
  const message = await messageOf(holdfast, id);
  expect(message).toMatchObject({
    ...{ origin: 'imported', event_id: event.id, event_type: 'payment_intent.succeeded', duplicate_of: null },
    verification: { status: 'none', reason: textWith('fetched') },
    deliveries: [{ destination: { name: 'crm' }, status: 'succeeded' }]
  });
  expect(receiver.received[0]?.body).toEqual(await bytesOf(holdfast, id));
  expect(JSON.parse(String(receiver.received[0]?.body))).toMatchObject({ id: event.id });
  expect(await accountOf(holdfast, accountId)).toMatchObject({ balance: 0 });

  expect((await look('fetched')).data).toMatchObject([{ state: 'imported', message_id: id }]);
  expect(await fill('fetched', [event.id])).toMatchObject([{ outcome: 'already_here', message_id: id }]);
  const handler = await holdfast.api(`/messages/${id}/redeliver`, { method: 'POST', body: { dry_run: true } });
  expect(JSON.stringify(handler.body)).toContain('refused');

  // Stripe tries for three days: what it brings is the first of the event, and is credited.
  const real = await post(holdfast, 'fetched', signedByStripe(event, SECRET));
  expect(real.status).toBe(200);
  await settledMessages(holdfast, 'fetched');
  expect(await accountOf(holdfast, accountId)).toMatchObject({ balance: 1999 });
  expect((await look('fetched')).data).toMatchObject([{ state: 'arrived', message_id: real.body['id'] }]);
  expect(await fill('fetched', [event.id])).toMatchObject([{ outcome: 'already_here', message_id: real.body['id'] }]);
});

test('a long list is read in parts, and what the endpoint has not taken is told', async () => {
  const api = await sourceOf('long', { pageSize: 2, secret: 'whsec_another' });
  const events = Array.from({ length: 7 }, (_, at) => stripePayment({}).succeeded(secondsAgo(70 - at)));
  for (const event of events) api.list(event);
  await api.send(stripePayment({}).succeeded(secondsAgo(5)));
  const first = await look('long');
  expect(first.looked.count).toBe(6);
  expect(first.data[0]).toMatchObject({
    state: 'invalid',
    provider: { ok: false, text: '1 endpoint has not taken it' }
  });
  const rest = await look('long', `cursor=${first.next_cursor}`);
  expect(rest.data.map(({ id }) => id)).toEqual([events[1]?.id, events[0]?.id]);
  expect(rest.next_cursor).toBeNull();
});

test('a key that may not read endpoints lists everything, a wrong one and an unknown event are said', async () => {
  const api = await sourceOf('restricted', { mayReadEndpoints: false });
  expect((await look('restricted')).notes[1]).toContain('The key may not read webhook endpoints');
  expect(await fill('restricted', ['evt_nobody', 'evt_x/../y'])).toMatchObject([
    { outcome: 'failed', message: textWith("Stripe answered 404: “No such event: 'evt_nobody'”. The key may not") },
    { outcome: 'failed', message: textWith('is not the id of an event') }
  ]);
  await make(holdfast, '/sources/restricted/secrets', { label: 'stripe-api-key', value: 'rolled', overlap_hours: 0 });
  expect(await holdfast.api('/sources/restricted/gaps')).toMatchObject({
    status: 502,
    body: { error: 'provider_refused', message: textWith('Stripe answered 401: “Invalid API Key provided') }
  });
  await api.close();
  expect(await holdfast.api('/sources/restricted/gaps')).toMatchObject({
    status: 502,
    body: { error: 'provider_unreachable', message: textWith('could not be reached') }
  });
});

test('a key never goes to a private address that is not allowed', async () => {
  const guarded = await startHoldfast({ databaseUrl: (await testDatabase()).url });
  try {
    await make(guarded, '/sources', {
      ...{ slug: 'inside', provider: 'stripe', secrets: { label: 'stripe-api-key', value: 'rk' } },
      options: { api_base_url: 'http://169.254.169.254' }
    });
    const answer = await guarded.api('/sources/inside/gaps');
    expect(answer.body).toMatchObject({ message: textWith('169.254.169.254 is a linkLocal address') });
  } finally {
    await guarded.stop();
  }
});
