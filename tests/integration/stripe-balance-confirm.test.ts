// confirm_with_api: Stripe's own copy of the event is what is booked. Stripe is a local server that speaks its API.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuarded } from '#lib/server/deliver/http/guarded.ts';
import type { ApplyChange } from '../support/apply-handler.ts';
import { applyStripe } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { StripeEventBody } from '../support/stripe-events.ts';
import { stripePayment } from '../support/stripe-events.ts';

const database = await testDatabase();
const guarded = createGuarded(createAddressCheck(['127.0.0.1/32']));
afterAll(() => guarded.destroy());
const KEY = 'rk_test_1';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: IncomingMessage[] = [];
const api = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});
let baseUrl: string;
let accountId: number;
let event: StripeEventBody;

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const address = api.address() as AddressInfo;
  baseUrl = `http://127.0.0.1:${address.port}`;
});

afterAll(() => new Promise((resolve) => api.close(resolve)));

beforeEach(async () => {
  const write = await createAccount(database, { name: 'Ada Lovelace', currency: 'usd' });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  accountId = write.account.id;
  event = stripePayment({ accountId, amount: 1999 }).succeeded();
  asked = [];
});

function apply(received: StripeEventBody, change: ApplyChange = {}) {
  return applyStripe(database, received, {
    options: { confirm_with_api: true, api_base_url: baseUrl, ...change.options },
    secrets: change.secrets ?? { 'stripe-api-key': KEY },
    fetch: change.fetch ?? guarded.fetch
  });
}

/** Typed: what expect gives for it is any. */
function words(pattern: RegExp | string): unknown {
  return typeof pattern === 'string' ? expect.stringContaining(pattern) : expect.stringMatching(pattern);
}

function answerWith(body: unknown, status = 200, headers: Record<string, string> = {}): void {
  answer = (_, response) => response.writeHead(status, headers).end(JSON.stringify(body));
}

async function balance(): Promise<number | undefined> {
  return (await readAccount(database, accountId, { entries: 1 }))?.balance;
}

test('asks Stripe with the key, and books its copy', async () => {
  const intent = event.data.object;
  answerWith({ ...event, data: { object: { ...intent, amount_received: 1500 } } });
  await apply(event);
  expect(await balance()).toBe(1500);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toBe(`/v1/events/${event.id}`);
  expect(asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(asked[0]?.headers['stripe-account']).toBeUndefined();
});

test('asks nobody where the source does not want it', async () => {
  await apply(event, { options: { confirm_with_api: false } });
  expect(await balance()).toBe(1999);
  expect(asked).toHaveLength(0);
});

test('asks for a connected account in its name', async () => {
  answerWith({ ...event, id: event.id });
  await apply({ ...event, account: 'acct_1' }, { options: { allow_connect: true } });
  expect(asked[0]?.headers['stripe-account']).toBe('acct_1');
  const [line] = await database.web`select provider_account from ledger_entries where account_id = ${accountId}`;
  expect(line).toEqual({ provider_account: 'acct_1' });
});

test('an event id cannot lead to another address', async () => {
  answerWith({}, 404);
  await expect(apply({ ...event, id: '../customers/cus_1?x=' })).rejects.toMatchObject({ permanent: true });
  expect(asked[0]?.url).toBe('/v1/events/..%2Fcustomers%2Fcus_1%3Fx%3D');
});

test.each([
  [404, true, /^Stripe does not know event evt_\w+ \(.* answered 404\), so it was not applied/],
  [401, true, /check the secret "stripe-api-key"/],
  [302, true, /answered 302 instead of the event: check api_base_url/],
  [429, false, /answered 429: tried again by itself/],
  [500, false, /answered 500: tried again by itself/],
  [503, false, /answered 503/]
])('%d: nothing is booked; for good: %s', async (status, permanent, message) => {
  answerWith({ error: {} }, status, { location: `${baseUrl}/elsewhere` });
  await expect(apply(event)).rejects.toMatchObject({ permanent, message: words(message) });
  expect(await balance()).toBe(0);
  expect(asked).toHaveLength(1);
});

test.each([
  ['type', 'payment_intent.payment_failed'],
  ['id', 'evt_other'],
  ['livemode', false]
])('a copy of another %s is refused for good', async (field, value) => {
  answerWith({ ...event, [field]: value });
  await expect(apply(event)).rejects.toMatchObject({
    permanent: true,
    message: words(`Stripe's own copy of event ${event.id} has ${field} ${value}`)
  });
  expect(await balance()).toBe(0);
});

test('an api_base_url that leads home is not asked', async () => {
  const strict = createGuarded(createAddressCheck([]));
  await expect(apply(event, { fetch: strict.fetch })).rejects.toMatchObject({
    permanent: false,
    message: words('127.0.0.1 is a loopback address: deliveries go to public addresses only')
  });
  await strict.destroy();
  expect(asked).toHaveLength(0);
  expect(await balance()).toBe(0);
});

test('no key: refused, with the next step', async () => {
  await expect(apply(event, { secrets: {} })).rejects.toMatchObject({
    permanent: true,
    message: words('no secret labelled "stripe-api-key": add one')
  });
});

test.each<[string, typeof answer]>([
  ['hangs up', (_, response) => response.destroy()],
  [
    'sends half',
    (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{"id":', () => response.destroy())
  ],
  ['sends no JSON', (_, response) => response.end('<html>')],
  ['sends too much', (_, response) => response.end(`"${'x'.repeat(2 ** 20)}"`)]
])('an answer that %s is tried again', async (_, misbehaves) => {
  answer = misbehaves;
  await expect(apply(event)).rejects.toMatchObject({
    permanent: false,
    message: words(/could not be read \(.+\): tried again by itself/)
  });
});
