// Stripe's events on a balance: each business fact once, in every order.

import { beforeEach, describe, expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import type { ApplyChange } from '../support/apply-handler.ts';
import { applyStripe } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { StripeEventBody } from '../support/stripe-events.ts';
import { stripeEvent, stripeId, stripePayment } from '../support/stripe-events.ts';

const database = await testDatabase();
let accountId: number;

beforeEach(async () => {
  accountId = await newAccount('Ada Lovelace', 'usd');
});

/** Typed: what expect gives for it is any. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

async function newAccount(name: string, currency: string, stripeCustomer: string | null = null): Promise<number> {
  const write = await createAccount(database, { name, currency, stripeCustomer });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  return write.account.id;
}

function apply(event: StripeEventBody, change?: ApplyChange) {
  return applyStripe(database, event, change);
}

async function applyAll(...events: StripeEventBody[]): Promise<void> {
  for (const event of events) await apply(event);
}

async function ledger(id = accountId) {
  const state = await readAccount(database, id, { entries: 100 });
  if (!state) throw new Error(`no account ${id}`);
  const amounts = state.entries.map((entry) => entry.amount).reverse();
  expect(state.balance).toBe(amounts.reduce((total, amount) => total + amount, 0));
  return { ...state, amounts };
}

describe('payments', () => {
  test('credits the account in the metadata, and says so', async () => {
    const payment = stripePayment({ accountId, amount: 1999 });
    const result = await apply(payment.succeeded());
    const { balance, version, entries } = await ledger();
    expect(balance).toBe(1999);
    expect(version).toBe(2);
    expect(result.outcome).toBe('applied');
    expect(result.summary).toBe(`Credited $19.99 to Ada Lovelace, line ${entries[0]?.id}`);
    expect(result.changed).toEqual([{ topic: `account:${accountId}`, key: { id: accountId } }]);
    expect(result.woken).toEqual([`stripe payment ${payment.payment}`]);
    expect(result.effects).toEqual([
      expect.objectContaining({ kind: 'ledger_entry', account_id: accountId, amount: 1999, balance_after: 1999 })
    ]);
  });

  test('amount_received counts; amount only where it is missing', async () => {
    const { data } = stripePayment({ accountId }).succeeded();
    await apply(stripeEvent('payment_intent.succeeded', { ...data.object, id: stripeId('pi'), amount_received: 1500 }));
    const { amount_received: _, ...without } = data.object;
    await apply(stripeEvent('payment_intent.succeeded', { ...without, id: stripeId('pi') }));
    expect((await ledger()).amounts).toEqual([1500, 1999]);
  });

  test('credits the account of the Stripe customer', async () => {
    const customer = stripeId('cus');
    const id = await newAccount('Charles Babbage', 'usd', customer);
    await apply(stripePayment({ customer, amount: 700 }).succeeded());
    expect((await ledger(id)).balance).toBe(700);
  });

  test('the same event again, and another event of the same payment, are already applied', async () => {
    const payment = stripePayment({ accountId });
    const event = payment.succeeded();
    await apply(event);
    for (const again of [event, payment.succeeded()]) {
      const result = await apply(again);
      expect(result.outcome).toBe('already_applied');
      expect(result.summary).toMatch(/^Already applied to Ada Lovelace by line \d+: Payment pi_/);
      expect(result.changed).toEqual([]);
    }
    expect((await ledger()).amounts).toEqual([1999]);
  });

  test('20 copies at once: one line, one change', async () => {
    const event = stripePayment({ accountId }).succeeded();
    const results = await Promise.all(Array.from({ length: 20 }, () => apply(event)));
    expect(results.filter((result) => result.outcome === 'applied')).toHaveLength(1);
    expect(results.filter((result) => result.outcome === 'already_applied')).toHaveLength(19);
    const { amounts, version } = await ledger();
    expect(amounts).toEqual([1999]);
    expect(version).toBe(2);
  });

  test('20 different payments at once: every line, the right sum, no line with a balance of another', async () => {
    const events = Array.from({ length: 20 }, (_, index) =>
      stripePayment({ accountId, amount: 100 + index }).succeeded()
    );
    await Promise.all(events.map((event) => apply(event)));
    const { entries, balance } = await ledger();
    expect(entries).toHaveLength(20);
    expect(balance).toBe(20 * 100 + 190);
    const running = entries.toReversed().map((entry) => entry.balance_after);
    expect(running).toEqual(running.toSorted((one, other) => one - other));
  });

  test('a failed payment is a line without an amount, once per try', async () => {
    const payment = stripePayment({ accountId });
    const first = payment.failed({ message: 'Your card was declined.' });
    const result = await apply(first);
    await applyAll(first, payment.failed());
    const { amounts, entries } = await ledger();
    expect(amounts).toEqual([0, 0]);
    expect(entries[1]?.reason).toBe(`Payment ${payment.payment} of $19.99 failed: Your card was declined.`);
    expect(result.summary).toBe(`Noted a failed payment of $19.99 on Ada Lovelace, line ${entries[1]?.id}`);
  });

  test('test mode is marked on the line and in the words', async () => {
    const result = await apply(stripePayment({ accountId }).succeeded({ livemode: false }));
    const { entries } = await ledger();
    expect(entries[0]?.test).toBe(true);
    expect(result.summary).toMatch(/\(test\)$/);
  });
});

describe('disputes', () => {
  test.each([['withdrawn', 'reinstated'] as const, ['reinstated', 'withdrawn'] as const])(
    '%s, then %s',
    async (...ways) => {
      const payment = stripePayment({ accountId, amount: 2000 });
      const dispute = { id: stripeId('du'), amount: 2000 };
      await apply(payment.succeeded());
      for (const way of ways) await applyAll(payment.dispute(way, dispute), payment.dispute(way, dispute));
      const { amounts, balance } = await ledger();
      expect(amounts).toHaveLength(3);
      expect(balance).toBe(2000);
    }
  );

  test('lost: the money stays away', async () => {
    const payment = stripePayment({ accountId, amount: 2000 });
    await applyAll(payment.succeeded(), payment.dispute('withdrawn', { id: stripeId('du'), amount: 1500 }));
    expect((await ledger()).balance).toBe(500);
  });

  test('before its payment it waits for it', async () => {
    const payment = stripePayment({ accountId });
    const withdrawn = payment.dispute('withdrawn', { id: stripeId('du'), amount: 1999 });
    await expect(apply(withdrawn)).rejects.toMatchObject({
      permanent: false,
      waitsFor: `stripe payment ${payment.payment}`
    });
    await applyAll(payment.succeeded(), withdrawn);
    expect((await ledger()).amounts).toEqual([1999, -1999]);
  });
});

describe('Stripe accounts', () => {
  test('two endpoints of one Stripe account count once', async () => {
    const payment = stripePayment({ accountId });
    await apply(payment.succeeded(), { options: {} });
    const second = await apply(payment.succeeded(), { options: { livemode: 'any' } });
    expect(second.outcome).toBe('already_applied');
  });

  test('a connected account counts apart, where the source allows it', async () => {
    const payment = stripePayment({ accountId });
    const connected = payment.succeeded({ account: 'acct_1' });
    await expect(apply(connected)).rejects.toMatchObject({
      permanent: true,
      message: containing('set allow_connect on source stripe and re-deliver')
    });
    await apply(connected, { options: { allow_connect: true } });
    await apply(connected, { options: { allow_connect: true } });
    expect((await ledger()).amounts).toEqual([1999]);
  });
});
