// Edit and send: a message made from another, for HTTP destinations and previews; never for money.

import { Webhook } from 'standardwebhooks';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, accountOf, bytesOf, deliveryWhen, make, messageOf, settledMessages } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const STRIPE_SECRET = 'whsec_of_the_source';
const receiver = await startReceiver((_, response) => response.end('ok'));
const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());

await make(holdfast, '/sources', { slug: 'shop', provider: 'stripe', secrets: [STRIPE_SECRET] });
const account = await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });
const destination = async (name: string) =>
  (await make(holdfast, '/destinations', { name, url: `${receiver.url}/${name}`, secret: SECRET })).id;
const connected = await destination('connected');
const chosen = await destination('chosen');
await make(holdfast, '/connections', { source: 'shop', destination: connected });
const { body: listed } = await holdfast.api('/destinations');
const handler = (listed as { data: { id: number; handler: string | null }[] }).data.find(
  (one) => one.handler === 'stripe-balance'
)!.id;

interface Answer {
  id: string;
  deliveries: { id: string }[];
}
const edit = (id: string, body: unknown) => holdfast.api(`/messages/${id}/edit`, { method: 'POST', body });

async function original(amount: number) {
  const event = stripePayment({ accountId: account.id, amount }).succeeded();
  const signed = signedByStripe(event, STRIPE_SECRET);
  const id = await accepted(holdfast, 'shop/deep?q=1', signed);
  await settledMessages(holdfast, 'shop');
  const body = (await bytesOf(holdfast, id)).toString();
  return { id, eventId: event.id, body, more: body.replace(`"amount_received":${amount}`, '"amount_received":999999') };
}

test('sent to what was chosen and nowhere else, signed afresh, linked, claiming no event, moving no money', async () => {
  const { id, eventId, more } = await original(100);
  expect(more).toContain('999999');
  const sent = (await edit(id, { body: more, destinations: [chosen] })).body as Answer;
  const delivery = await deliveryWhen(holdfast, sent.id, ({ status }) => status === 'succeeded');
  expect(sent.deliveries).toEqual([{ id: delivery.id }]);

  const [got] = receiver.at('/chosen');
  expect(got!.body.toString()).toBe(more);
  expect(() => new Webhook(SECRET).verify(got!.body.toString(), got!.headers)).not.toThrow();
  expect(got!.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
  expect(got!.headers).not.toHaveProperty('stripe-signature');

  const message = await messageOf(holdfast, sent.id);
  expect(message).toMatchObject({
    ...{ origin: 'edited', edited_from: id, event_id: eventId, duplicate_of: null },
    ...{ method: 'POST', path: '/in/shop/deep', query: 'q=1' },
    verification: { status: 'none', reason: `Made here by editing message ${id}: no sender signed it.` }
  });
  expect(receiver.at('/connected').map(({ body }) => body.toString())).not.toContain(more);
  expect(await accountOf(holdfast, account.id)).toMatchObject({ balance: 100 });
  const claims = await database.web`select message_id from event_keys where message_id = ${sent.id}`;
  expect(claims).toHaveLength(0);
  const audited = await database.web`
    select detail from audit_log where action = 'message.edited' and subject = ${`message ${id}`}`;
  expect(audited).toEqual([{ detail: { edited: sent.id, deliveries: [delivery.id] } }]);
});

test('no handler takes it: not when it is sent, not when it is delivered again', async () => {
  const { id, more } = await original(1);
  const before = await accountOf(holdfast, account.id);
  const refusal = { status: 409, body: { error: 'not_received_valid' } };
  expect(await edit(id, { body: more, destinations: [handler] })).toMatchObject(refusal);
  expect(await edit(id, { body: more, destinations: [chosen, handler] })).toMatchObject(refusal);
  const sent = (await edit(id, { body: more, destinations: [chosen] })).body as Answer;
  const redeliver = (body: object) => holdfast.api(`/messages/${sent.id}/redeliver`, { method: 'POST', body });
  expect(await redeliver({ destination: handler })).toMatchObject({ status: 409 });
  // Without a destination it goes again where it went, and not to what its source is connected to.
  expect(await redeliver({})).toMatchObject({ status: 202, body: { deliveries: sent.deliveries } });
  expect((await accountOf(holdfast, account.id)).entries).toEqual(before.entries);
});

test('a preview says what handlers would do and what would be sent, and does none of it', async () => {
  const { id, more } = await original(2);
  const count = async () => (await database.web`select from messages`).length;
  const before = await count();
  const answer = await edit(id, { body: more, destinations: [chosen], dry_run: true });
  const { destinations } = answer.body as {
    destinations: { destination: { id: number }; outcome: string; summary: string }[];
  };
  expect(destinations.map(({ destination: { id: of }, outcome }) => [of, outcome])).toEqual([
    [chosen, 'would_send'],
    [handler, 'refused']
  ]);
  expect(destinations[1]!.summary).toContain('handlers take only what was received valid');
  expect(await count()).toBe(before);
});

test('without a body its bytes stay; a base64 body, headers and a content type are as they are given', async () => {
  const { id, body } = await original(3);
  const same = (await edit(id, { destinations: [chosen] })).body as Answer;
  expect((await bytesOf(holdfast, same.id)).toString()).toBe(body);
  const bytes = Buffer.from([0, 255, 13, 10, 0xef, 0xbb, 0xbf]);
  const other = (
    await edit(id, {
      body_base64: bytes.toString('base64'),
      headers: [
        ['X-One', 'a'],
        ['x-one', 'b'],
        ['content-type', 'text/plain']
      ],
      content_type: 'application/x-odd',
      destinations: [chosen]
    })
  ).body as Answer;
  expect((await bytesOf(holdfast, other.id)).equals(bytes)).toBe(true);
  expect((await messageOf(holdfast, other.id)).headers).toEqual([
    ['X-One', 'a'],
    ['x-one', 'b'],
    ['Content-Type', 'application/x-odd']
  ]);
});

test.each<[object, number]>([
  [{ destinations: [] }, 409],
  [{ destinations: [999_999] }, 409],
  [{ body: '', body_base64: '', destinations: [1] }, 400],
  [{ body_base64: '%', destinations: [1] }, 400],
  [{ headers: [['X-A', 'b\r\nX-C: d']], destinations: [1] }, 400],
  [{ headers: [['X A', 'b']], destinations: [1] }, 400]
])('%j is refused', async (body, status) => {
  const { id } = await original(4);
  expect((await edit(id, body)).status).toBe(status);
  expect((await edit('01900000-0000-7000-8000-000000000000', { destinations: [chosen] })).status).toBe(404);
});
