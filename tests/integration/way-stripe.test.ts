// A payment through the whole program, from outside: posted as Stripe posts it, asked for through the API.

import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import {
  accepted,
  accountOf,
  allMessages,
  deliveryOf,
  make,
  messageOf,
  post,
  settledMessages
} from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_of_the_first_endpoint';
const COPIES = 20;
const REDELIVERIES = 5;

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

const source = (slug: string, more: Record<string, unknown> = {}) =>
  make(holdfast, '/sources', { slug, provider: 'stripe', secrets: [SECRET], ...more });
const account = () => make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });

test(`${COPIES} concurrent copies and ${REDELIVERIES} re-deliveries of one payment: one line, every message logged`, async () => {
  await source('copies');
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 1999 }).succeeded();
  const signed = signedByStripe(event, SECRET);

  const answers = await Promise.all(Array.from({ length: COPIES }, () => post(holdfast, 'copies', signed)));
  expect(answers.map((answer) => answer.status)).toEqual(Array(COPIES).fill(200));
  const ids = answers.map((answer) => String(answer.body['id']));
  expect(new Set(ids).size).toBe(COPIES);
  await settledMessages(holdfast, 'copies');
  const before = await accountOf(holdfast, id);

  for (let number = 1; number <= REDELIVERIES; number += 1) {
    const target = ids[number * 3]!;
    const answer = await holdfast.api(`/messages/${target}/redeliver`, { method: 'POST', body: {} });
    expect(answer).toMatchObject({ status: 202, body: { deliveries: [{ id: expect.any(String) as string }] } });
    const [again] = (answer.body as { deliveries: { id: string }[] }).deliveries;
    await until(async () => (await deliveryOf(holdfast, again!.id)).status === 'succeeded');
    expect((await deliveryOf(holdfast, again!.id)).attempts.at(-1)).toMatchObject({ outcome: 'already_applied' });
  }

  const logged = await allMessages(holdfast, 'source=copies');
  expect(logged.map((message) => message.id).toSorted()).toEqual(ids.toSorted());
  const [original, ...others] = logged.filter((message) => message.duplicate_of === null);
  expect(others).toEqual([]);
  const linked = logged.filter((message) => message !== original).map((message) => message.duplicate_of);
  expect(linked).toEqual(Array(COPIES - 1).fill(original!.id));

  const after = await accountOf(holdfast, id);
  expect(after).toEqual(before);
  expect(after).toMatchObject({ balance: 1999, entries: [{ amount: 1999, message_id: original!.id, test: false }] });
  expect(after.entries).toHaveLength(1);
  const [line] =
    await database.web`select count(*)::int as lines, sum(amount)::int as sum from ledger_entries where account_id = ${id}`;
  expect(line).toEqual({ lines: 1, sum: 1999 });
});

test('a forged message with the id of a real one, sent first, changes nothing for it', async () => {
  await source('forged');
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 500 }).succeeded();
  const forged = { ...event, data: { object: { ...event.data.object, amount_received: 999_999 } } };

  const answer = await post(holdfast, 'forged', signedByStripe(forged, 'whsec_of_somebody_else'));
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({
    error: 'invalid_signature',
    reason: expect.stringMatching(/\w/) as string,
    id: expect.any(String) as string
  });
  const forgedId = String(answer.body['id']);
  const real = await accepted(holdfast, 'forged', signedByStripe(event, SECRET));
  await settledMessages(holdfast, 'forged');

  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 500, entries: [{ amount: 500, message_id: real }] });
  expect(await messageOf(holdfast, real)).toMatchObject({
    duplicate_of: null,
    status: 'succeeded',
    event_id: event.id
  });
  expect(await messageOf(holdfast, forgedId)).toMatchObject({
    verification: { status: 'invalid', reason: answer.body['reason'] },
    duplicate_of: null,
    deliveries: [],
    payload: forged
  });
});

test('handlers refuse what was not received valid, and its preview says so', async () => {
  await source('refused');
  const { id } = await account();
  const event = stripePayment({ accountId: id, amount: 700 }).succeeded();
  const { body } = await post(holdfast, 'refused', { body: JSON.stringify(event) });
  const path = `/messages/${String(body['id'])}/redeliver`;

  const refused = await holdfast.api(path, { method: 'POST', body: {} });
  expect(refused).toMatchObject({
    status: 409,
    body: {
      error: 'not_received_valid',
      message: expect.stringMatching(/handlers take only what was received valid/) as string
    }
  });
  const preview = await holdfast.api(path, { method: 'POST', body: { dry_run: true } });
  expect(preview).toMatchObject({
    status: 200,
    body: { effects: [{ kind: expect.any(String) as string }], destinations: [{ outcome: 'refused' }] }
  });
  expect(await accountOf(holdfast, id)).toMatchObject({ balance: 0, entries: [] });
  expect((await messageOf(holdfast, String(body['id']))).deliveries).toEqual([]);
});

test('a dry run shows the effect and applies nothing; the re-delivery then applies it', async () => {
  await source('preview');
  const { id } = await account();
  const event = stripePayment({ accountId: id + 1, amount: 1234 }).succeeded();
  const message = await accepted(holdfast, 'preview', signedByStripe(event, SECRET));
  await settledMessages(holdfast, 'preview');
  const missing = (await messageOf(holdfast, message)).deliveries[0]!;
  expect(missing).toMatchObject({
    status: 'failed',
    last_error: expect.stringContaining(`no account ${id + 1}`) as string
  });

  expect(await account()).toMatchObject({ id: id + 1 });
  const path = `/messages/${message}/redeliver`;
  const dry = await holdfast.api(path, { method: 'POST', body: { dry_run: true } });
  expect(dry).toMatchObject({
    status: 200,
    body: { effects: [{ amount: 1234 }], destinations: [{ outcome: 'applied' }] }
  });
  expect(await accountOf(holdfast, id + 1)).toMatchObject({ balance: 0, version: 1, entries: [] });
  expect((await messageOf(holdfast, message)).deliveries).toEqual([missing]);

  const real = await holdfast.api(path, { method: 'POST', body: {} });
  expect(real).toMatchObject({ status: 202, body: { deliveries: [{ id: missing.id }] } });
  await settledMessages(holdfast, 'preview');
  expect(await accountOf(holdfast, id + 1)).toMatchObject({ balance: 1234, entries: [{ message_id: message }] });
  expect(await deliveryOf(holdfast, missing.id)).toMatchObject({
    status: 'succeeded',
    attempts: [{ number: 1 }, { number: 2 }]
  });
});

test("the provider's own Resend sets a failed delivery going again", async () => {
  await source('resend');
  const { id } = await account();
  const signed = signedByStripe(stripePayment({ accountId: id + 1, amount: 300 }).succeeded(), SECRET);
  const first = await accepted(holdfast, 'resend', signed);
  await settledMessages(holdfast, 'resend');
  expect(await messageOf(holdfast, first)).toMatchObject({ status: 'failed' });
  expect(await account()).toMatchObject({ id: id + 1 });

  const resent = await accepted(holdfast, 'resend', signed);
  await settledMessages(holdfast, 'resend');
  expect(await accountOf(holdfast, id + 1)).toMatchObject({ balance: 300, entries: [{ message_id: first }] });
  expect(await messageOf(holdfast, resent)).toMatchObject({ duplicate_of: first, deliveries: [] });
});
