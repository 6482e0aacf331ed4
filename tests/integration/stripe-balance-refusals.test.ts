// What must not move money: refused for good, with the value and the next step, and the balance left alone.

import { beforeEach, expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import stripeBalance from '#lib/server/deliver/handlers/stripe-balance.ts';
import type { ApplyChange } from '../support/apply-handler.ts';
import { applyHandler, applyStripe } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { StripeEventBody } from '../support/stripe-events.ts';
import { stripePayment } from '../support/stripe-events.ts';

const database = await testDatabase();
let accountId: number;

beforeEach(async () => {
  accountId = await newAccount('Ada Lovelace', 'usd');
});

async function newAccount(name: string, currency: string): Promise<number> {
  const write = await createAccount(database, { name, currency });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  return write.account.id;
}

/** Applies what must be refused for good, and gives the sentence. */
async function refusal(event: StripeEventBody, change?: ApplyChange): Promise<string> {
  const error = await applyStripe(database, event, change).then(
    () => null,
    (thrown: unknown) => thrown
  );
  expect(await readAccount(database, accountId, { entries: 1 })).toMatchObject({ balance: 0, version: 1, entries: [] });
  expect(error).toMatchObject({ name: 'HandlerError', permanent: true });
  return error instanceof Error ? error.message : '';
}

function withObject(change: Record<string, unknown>): StripeEventBody {
  const event = stripePayment({ accountId }).succeeded();
  return { ...event, data: { object: { ...event.data.object, ...change } } };
}

test.each(['', '0', '-1', '1.5', '01', '2147483648', 'x', '1; drop table', ' 1'])('account_id %j', async (text) => {
  expect(await refusal(withObject({ metadata: { account_id: text } }))).toContain(
    `is ${JSON.stringify(text)}: the number of an account, from 1 to 2147483647, is needed`
  );
});

test('an account that does not exist', async () => {
  const message = await refusal(stripePayment({ accountId: 2_000_000_000 }).succeeded());
  expect(message).toMatch(/^There is no account 2000000000, which metadata.account_id of pi_\w+ names: create/);
});

test('a customer of no account, and no account at all', async () => {
  expect(await refusal(stripePayment({ customer: 'cus_nobody' }).succeeded())).toContain('Stripe customer cus_nobody');
  expect(await refusal(stripePayment({}).succeeded())).toContain('neither metadata.account_id nor a customer');
});

test('another currency', async () => {
  expect(await refusal(stripePayment({ accountId, currency: 'eur' }).succeeded())).toBe(
    `The amount is in eur, and account ${accountId} (Ada Lovelace) is kept in usd: ` +
      'name an account in eur, then re-deliver.'
  );
});

test.each([-1, 0.5, 2 ** 53, '1999', null])('amount %j', async (amount) => {
  expect(await refusal(withObject({ amount_received: undefined, amount }))).toContain('amount: Invalid');
});

test('a balance beyond what is exact', async () => {
  const id = await newAccount('Croesus', 'usd');
  await applyStripe(database, stripePayment({ accountId: id, amount: Number.MAX_SAFE_INTEGER }).succeeded());
  expect(await refusal(stripePayment({ accountId: id, amount: 1 }).succeeded())).toContain(
    'the most that is kept exactly'
  );
});

test('test mode, where the source takes live events only', async () => {
  const event = stripePayment({ accountId }).succeeded({ livemode: false });
  expect(await refusal(event, { options: { livemode: 'live' } })).toContain("from Stripe's test mode");
});

test('an event from the future', async () => {
  const receivedAt = new Date('2026-01-01T00:00:00Z');
  const now = receivedAt.getTime() / 1000;
  const event = stripePayment({ accountId }).succeeded({ created: now + 301 });
  expect(await refusal(event, { receivedAt })).toContain('was created 301 s after it was received; at most 300 s');
  await applyStripe(database, { ...event, created: now + 300 }, { receivedAt });
});

test('what is not a Stripe event', async () => {
  for (const payload of [undefined, null, [], 'x', {}]) {
    await expect(applyHandler(database, stripeBalance, { payload, type: 'charge.refunded' })).rejects.toThrow(
      'This message is not a Stripe event'
    );
  }
});
