// An invalid message, mended: its source gets the right secret, the stored bytes are judged again, and it is delivered
// once, whoever asks and however often.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { release, type Ruling } from '#lib/server/log/release.ts';
import { writeBatch } from '#lib/server/log/write.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { eventEntry } from '../support/log-entries.ts';
import { accepted, accountOf, deliveryWhen, make, messageOf, post } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment, type StripeEventBody } from '../support/stripe-events.ts';

const WRONG = 'whsec_pasted_from_another_endpoint';
const RIGHT = 'whsec_the_right_one';
const TOKEN = '00000000-0000-4000-8000-000000000001';
const database = await testDatabase();
let one: Holdfast;
let other: Holdfast;

beforeAll(async () => {
  const options = { databaseUrl: database.url, env: { API_KEY: 'key_of_both_nodes' } };
  one = await startHoldfast(options);
  other = await startHoldfast(options);
});
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
});

const source = (slug: string) => make(one, '/sources', { slug, provider: 'stripe', secrets: [WRONG] });
const addSecret = (id: number) => make(one, `/sources/${id}/secrets`, { value: RIGHT, label: 'second' });
const account = () => make(one, '/accounts', { name: 'Ada', currency: 'usd' });
const reverify = (id: string, node = one) => node.api(`/messages/${id}/reverify`, { method: 'POST' });

/** Sends what the source takes for a forgery. */
async function refused(slug: string, event: StripeEventBody): Promise<string> {
  const answer = await post(one, slug, signedByStripe(event, RIGHT));
  expect(answer.status, answer.text).toBe(401);
  return String(answer.body['id']);
}

test('once the secret is there, two nodes asked many times deliver the message once', async () => {
  const { id: sourceId } = await source('mended');
  const { id } = await account();
  const message = await refused('mended', stripePayment({ accountId: id, amount: 500 }).succeeded());
  expect(await reverify(message)).toMatchObject({
    status: 200,
    body: { id: message, verification: { status: 'invalid' }, deliveries: [] }
  });

  await addSecret(sourceId);
  const answers = await Promise.all([one, other, one, other].map((node) => reverify(message, node)));
  expect(answers.map(({ status }) => status)).toContain(200);
  for (const answer of answers) expect([200, 409]).toContain(answer.status);

  await deliveryWhen(one, message, ({ status }) => status === 'succeeded');
  const mended = await messageOf(other, message);
  expect(mended.deliveries).toHaveLength(1);
  expect(mended.verification).toMatchObject({
    status: 'valid',
    reason: null,
    detail: { secret: 'second', mended: true }
  });
  expect(await accountOf(one, id)).toMatchObject({ balance: 500, entries: [{ amount: 500, message_id: message }] });
  expect(await reverify(message)).toMatchObject({ status: 409, body: { error: 'not_invalid' } });
  expect(await one.api(`/messages/${message}/redeliver`, { method: 'POST', body: {} })).toMatchObject({ status: 202 });
});

test('the sender has sent the event again meanwhile: linked to that, nothing is delivered twice', async () => {
  const { id: sourceId } = await source('resent');
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 700 }).succeeded();
  const first = await refused('resent', event);
  await addSecret(sourceId);
  const again = await accepted(one, 'resent', signedByStripe(event, RIGHT));
  expect(await reverify(first)).toMatchObject({
    status: 200,
    body: { verification: { status: 'valid' }, duplicate_of: again, deliveries: [] }
  });
  expect(await messageOf(one, first)).toMatchObject({ duplicate_of: again, deliveries: [] });
  await deliveryWhen(one, again, ({ status }) => status === 'succeeded');
  expect(await accountOf(one, id)).toMatchObject({ balance: 700, entries: [{ message_id: again }] });
});

test('a mended message holds its event: what comes after it is its duplicate', async () => {
  const { id: sourceId } = await source('first');
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 900 }).succeeded();
  const first = await refused('first', event);
  await addSecret(sourceId);
  expect(await reverify(first)).toMatchObject({ status: 200, body: { duplicate_of: null, deliveries: [{}] } });
  const again = await accepted(one, 'first', signedByStripe(event, RIGHT));
  expect(await messageOf(one, again)).toMatchObject({ duplicate_of: first, deliveries: [] });
  await deliveryWhen(one, first, ({ status }) => status === 'succeeded');
  expect(await accountOf(one, id)).toMatchObject({ balance: 900 });
});

test('what is no way around a verdict: no source that verifies nothing, no test, no message without its body', async () => {
  const { id: sourceId } = await source('bypass');
  const message = await refused('bypass', stripePayment({ amount: 1 }).succeeded());
  expect(await one.api(`/sources/${sourceId}`, { method: 'PATCH', body: { provider: 'none' } })).toMatchObject({
    status: 200
  });
  expect(await reverify(message)).toMatchObject({ status: 409, body: { error: 'nothing_verified' } });
  expect(await messageOf(one, message)).toMatchObject({ verification: { status: 'invalid' }, deliveries: [] });

  await database.web`update messages set origin = 'test' where id = ${message}`;
  expect(await reverify(message)).toMatchObject({ status: 409, body: { error: 'not_received' } });
  await database.web`
    update messages set origin = 'received', body_dropped = true, payload = null, body = null where id = ${message}`;
  expect(await reverify(message)).toMatchObject({ status: 409, body: { error: 'body_not_kept' } });
  expect(await one.api(`/sources/${sourceId}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
  await database.web`update messages set body_dropped = false, body = 'x' where id = ${message}`;
  expect(await reverify(message)).toMatchObject({ status: 409, body: { error: 'source_gone' } });
  expect(await reverify('01900000-0000-7000-8000-000000000000')).toMatchObject({ status: 404 });
});

const invalid = { status: 'invalid', reason: 'No secret fits.', detail: null } as const;
const valid = { status: 'valid', reason: null, detail: { secret: 'new' } } as const;

/** Invalid messages of these events in the log, and the rulings that mend them. */
async function stored(events: string[]): Promise<Ruling[]> {
  const entries = events.map((event) => eventEntry(event, { sourceId: 77, eventKey: null, verification: invalid }));
  await writeBatch(database.log, entries, TOKEN);
  return entries.map(({ id, sourceId, eventId, eventType }) => ({
    ...{ id, sourceId, eventId, eventType, verification: valid },
    eventKey: createHash('sha256')
      .update(eventId ?? '')
      .digest('hex'),
    deliveries: [{ id: deliveryIdFor(id), destinationId: 999_999, orderKey: null }]
  }));
}

test('many at once, in opposite orders, of events that repeat: each message once, one delivery an event', async () => {
  const events = Array.from({ length: 60 }, (_, n) => `evt_mended_${n % 40}`);
  const rulings = await stored(events);
  const [forth, back] = await Promise.all([
    release(database, rulings),
    release(
      database,
      rulings.toReversed().map((ruling) => ({
        ...ruling,
        deliveries: [{ id: deliveryIdFor(ruling.id), destinationId: 999_999, orderKey: null }]
      }))
    )
  ]);
  const written = [...forth, ...back];
  expect(written.map(({ id }) => id).toSorted()).toEqual(rulings.map(({ id }) => id).toSorted());
  expect(written.filter(({ duplicateOf }) => duplicateOf === null)).toHaveLength(40);
  expect(written.flatMap(({ deliveryIds }) => deliveryIds)).toHaveLength(40);
});

test('what waited for its check goes on its way by it, or does not', async () => {
  const [yes, no] = await stored(['evt_pending_yes', 'evt_pending_no']);
  await database.web`
    update messages set verification = 'pending' where id in ${database.web([yes!.id, no!.id])}`;
  const written = await release(database, [yes!, { ...no!, verification: invalid }]);
  expect(written.map(({ id, deliveryIds }) => [id, deliveryIds.length])).toEqual([
    [yes!.id, 1],
    [no!.id, 0]
  ]);
  const rows = await database.web<{ id: string; verification: string }[]>`
    select id, verification from messages where id in ${database.web([yes!.id, no!.id])} order by id`;
  expect(rows.map((row) => row.verification)).toEqual(['valid', 'invalid']);
  expect(await database.web`select 1 from event_keys where message_id = ${no!.id}`).toHaveLength(0);
});
