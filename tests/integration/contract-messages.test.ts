// A message by the API: its shape, its body, delivering it again, erasing it.

import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import {
  accepted,
  allMessages,
  bytesOf,
  deliveryOf,
  make,
  messageOf,
  post,
  send,
  settledMessages
} from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';

const SECRET = 'whsec_messages';
const NEVER_TRIED_AGAIN = { schedule_seconds: [] };

const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'plain', provider: 'none' });
await make(holdfast, '/sources', { slug: 'failing', provider: 'none' });
await make(holdfast, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
const nowhere = await make(holdfast, '/destinations', {
  ...{ name: 'nowhere', url: 'http://127.0.0.1:1/', retry: NEVER_TRIED_AGAIN }
});
await make(holdfast, '/connections', { source: 'failing', destination: nowhere.id });
const account = await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });

const payment = stripePayment({ accountId: account.id, amount: 100 });
const [plain, rare, failed, paid] = [
  await accepted(holdfast, 'plain/orders/7?tenant=north', {
    body: '{"greeting":"Grüße","n":12345678901234567890}',
    headers: {}
  }),
  await accepted(holdfast, 'plain', {
    body: 'not json, with a needle_in%it',
    headers: { 'content-type': 'text/plain' }
  }),
  await accepted(holdfast, 'failing', { body: '{}', headers: {} }),
  await accepted(holdfast, 'stripe', signedByStripe(payment.succeeded(), SECRET))
] as [string, string, string, string];
await settledMessages(holdfast, 'failing');
test('a message has the shape of the contract', async () => {
  const body = '{"greeting":"Grüße","n":12345678901234567890}';
  const answer = await send(holdfast, `/api/v1/messages/${plain}`, {
    headers: { authorization: `Bearer ${holdfast.apiKey}` }
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.text).toContain(`"payload":${body}`);
  expect(answer.body).toMatchObject({
    ...{ id: plain, remote_ip: '127.0.0.1', method: 'POST', path: '/in/plain/orders/7', query: 'tenant=north' },
    ...{
      source: { slug: 'plain' },
      content_type: null,
      size: Buffer.byteLength(body),
      event_id: null,
      event_type: null
    },
    received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    headers: expect.arrayContaining([['content-length', String(Buffer.byteLength(body))]]) as unknown,
    body_sha256: createHash('sha256').update(body).digest('hex'),
    verification: { status: 'none', reason: null },
    duplicate_of: null,
    deliveries: []
  });
});

test('deliveries and attempts have the shape of the contract', async () => {
  const { deliveries } = await messageOf(holdfast, failed);
  const delivery = {
    destination: { id: nowhere.id, name: 'nowhere' },
    status: 'failed',
    attempt_count: 1,
    next_attempt_at: null
  };
  expect(deliveries).toEqual([
    expect.objectContaining({ ...delivery, last_error: expect.stringMatching(/\w/) as string })
  ]);
  const { id, last_error: error } = deliveries[0]!;
  expect(await deliveryOf(holdfast, id)).toMatchObject({
    ...{ id, message_id: failed, ...delivery },
    attempts: [
      {
        ...{ number: 1, outcome: 'error', status_code: null, error },
        started_at: expect.stringMatching(/Z$/) as string,
        duration_ms: expect.any(Number) as number,
        detail: expect.any(Object) as object
      }
    ]
  });
});

test('the body comes back byte for byte, as an attachment of an inert type', async () => {
  const headers = { authorization: `Bearer ${holdfast.apiKey}` };
  const answer = await fetch(`${holdfast.url}/api/v1/messages/${rare}/body`, { headers });
  expect(await answer.text()).toBe('not json, with a needle_in%it');
  expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const bytes = Buffer.from([0, 1, 0xff, 0xfe, 0x0d, 0x0a, 0xef, 0xbb, 0xbf]);
  const { body } = await post(holdfast, 'plain', { body: bytes });
  expect((await bytesOf(holdfast, String(body['id']))).equals(bytes)).toBe(true);
});

describe('what is not there', () => {
  const NO_SUCH = '01890000-0000-7000-8000-000000000000';
  const IDS = [
    NO_SUCH,
    'x',
    '1',
    "'; drop table messages; --",
    '%00',
    '00000000-0000-0000-0000-000000000000',
    'f'.repeat(3000)
  ];

  test.each(IDS)('404 for %s', async (id) => {
    const paths = [`/messages/${id}`, `/messages/${id}/body`, `/deliveries/${id}`];
    for (const path of paths) {
      expect(await holdfast.api(path)).toMatchObject({ status: 404, body: { error: 'not_found' } });
    }
    expect(await holdfast.api(`/messages/${id}`, { method: 'DELETE' })).toMatchObject({ status: 404 });
    const again = await holdfast.api(`/messages/${id}/redeliver`, { method: 'POST', body: {} });
    expect(again).toMatchObject({ status: 404, body: { error: 'not_found' } });
  });
});

test('a message can be re-delivered to one destination, and only to one that takes it', async () => {
  const path = `/messages/${failed}/redeliver`;
  const to = (destination: unknown) => holdfast.api(path, { method: 'POST', body: { destination } });
  expect(await to(nowhere.id)).toMatchObject({
    status: 202,
    body: { deliveries: [{ id: expect.any(String) as string }] }
  });
  expect(await to(999_999)).toMatchObject({ status: 409, body: { error: 'no_destination' } });
  for (const wrong of ['1', 1.5, 0, null, {}]) expect(await to(wrong)).toMatchObject({ status: 400 });
  await settledMessages(holdfast, 'failing');
});

test('deleting a message erases its content everywhere; what it did to a balance stays', async () => {
  const { deliveries } = await messageOf(holdfast, paid);
  expect(await holdfast.api(`/messages/${paid}`, { method: 'DELETE' })).toEqual({ status: 204, body: null });
  expect(await holdfast.api(`/messages/${paid}`)).toMatchObject({ status: 404 });
  expect(await holdfast.api(`/messages/${paid}/body`)).toMatchObject({ status: 404 });
  expect(await holdfast.api(`/deliveries/${deliveries[0]!.id}`)).toMatchObject({ status: 404 });
  expect((await allMessages(holdfast, 'source=stripe')).map(({ id }) => id)).not.toContain(paid);
  expect(await holdfast.api(`/accounts/${account.id}`)).toMatchObject({ body: { balance: 100 } });
  const audit =
    await database.web`select actor, action, subject, detail::text from audit_log where action = 'message.erased'`;
  expect(audit).toEqual([{ actor: 'API_KEY', action: 'message.erased', subject: `message ${paid}`, detail: '{}' }]);
  await expectNowhere(payment.charge);
});

/** Looks at every column of every table, but the ledger, whose lines name the payment and its charge. */
async function expectNowhere(text: string): Promise<void> {
  const tables = await database.web<{ name: string }[]>`
    select quote_ident(relname) as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'ledger_entries'`;
  for (const { name } of tables) {
    const hex = Buffer.from(text).toString('hex');
    const rows = await database.web.unsafe(
      `select from ${name} t where position($1 in t::text) + position($2 in t::text) > 0`,
      [text, hex]
    );
    expect(rows.length, name).toBe(0);
  }
}
