// Refunds in parts, before and after, failing and made again: whatever the order, the balance is what Stripe's own would be.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import { HandlerError } from '#lib/server/deliver/handler.ts';
import { applyStripe } from '../support/apply-handler.ts';
import { testDatabase } from '../support/database.ts';
import type { StripeEventBody } from '../support/stripe-events.ts';
import { stripeId, stripePayment } from '../support/stripe-events.ts';

const database = await testDatabase();
let accountId: number;
let payment: ReturnType<typeof stripePayment>;

beforeEach(async () => {
  ({ accountId, payment } = await newPayment(2000));
});

async function newPayment(amount: number) {
  const write = await createAccount(database, { name: 'Ada Lovelace', currency: 'usd' });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  return { accountId: write.account.id, payment: stripePayment({ accountId: write.account.id, amount }) };
}

function apply(event: StripeEventBody) {
  return applyStripe(database, event);
}

async function applyAll(...events: StripeEventBody[]): Promise<void> {
  for (const event of events) await apply(event);
}

async function amounts(id = accountId): Promise<number[]> {
  const state = await readAccount(database, id, { entries: 1000 });
  const listed = (state?.entries ?? []).map((entry) => entry.amount).reverse();
  expect(state?.balance).toBe(listed.reduce((total, amount) => total + amount, 0));
  return listed;
}

describe('refunds', () => {
  test('in parts: each takes what is new', async () => {
    await applyAll(payment.succeeded(), payment.refunded(500, { created: 1 }));
    const second = await apply(payment.refunded(1200, { created: 2 }));
    expect(await amounts()).toEqual([2000, -500, -700]);
    expect(second.summary).toMatch(/^Debited \$7\.00 from Ada Lovelace \(refund of ch_\w+\), line \d+$/);
  });

  test('out of order: the lower, older sum changes nothing', async () => {
    await applyAll(payment.succeeded(), payment.refunded(1200, { created: 2 }));
    const late = await apply(payment.refunded(500, { created: 1 }));
    expect(late.outcome).toBe('already_applied');
    expect(await amounts()).toEqual([2000, -1200]);
  });

  test('told by two events and by each twice: once', async () => {
    const event = payment.refunded(500);
    await applyAll(payment.succeeded(), event, event, payment.refunded(500));
    expect(await amounts()).toEqual([2000, -500]);
  });

  test('20 parts at once, each told twice: together what the last one says', async () => {
    await apply(payment.succeeded());
    const parts = Array.from({ length: 20 }, (_, index) => payment.refunded((index + 1) * 90, { created: index }));
    await Promise.all([...parts, ...parts].map(apply));
    expect((await amounts()).reduce((total, amount) => total + amount)).toBe(200);
  });

  test('before the payment: waits for it', async () => {
    const refund = payment.refunded(500);
    await expect(apply(refund)).rejects.toMatchObject({
      permanent: false,
      waitsFor: `stripe payment ${payment.payment}`,
      message:
        `Payment ${payment.payment} is not on any account yet: ` +
        'tried again when its payment_intent.succeeded has been applied.'
    });
    const paid = await apply(payment.succeeded());
    expect(paid.woken).toEqual([`stripe payment ${payment.payment}`]);
    await apply(refund);
    expect(await amounts()).toEqual([2000, -500]);
  });

  test('go to the account that was credited, even when it was closed meanwhile', async () => {
    await apply(payment.succeeded());
    await database.web`update accounts set closed_at = now() where id = ${accountId}`;
    const result = await apply(payment.refunded(500));
    expect(result.effects).toEqual([expect.objectContaining({ account_id: accountId, balance_after: 1500 })]);
  });

  test('of a charge without a payment intent: refused for good', async () => {
    const event = payment.refunded(500);
    const object = { ...event.data.object, payment_intent: null, id: stripeId('ch') };
    await expect(apply({ ...event, data: { object } })).rejects.toMatchObject({ permanent: true });
  });
});

describe('refunds that come back', () => {
  const refund = { id: 're_1', amount: 500 };
  beforeEach(() => {
    refund.id = stripeId('re');
  });

  test('are given back once, by whatever event tells it', async () => {
    await applyAll(payment.succeeded(), payment.refunded(500, { created: 1 }));
    const result = await apply(payment.refundFailed(refund, { created: 2 }));
    expect(result.summary).toMatch(/^Credited \$5\.00 to Ada Lovelace \(refund re_\w+ came back\), line \d+$/);
    const told = payment.refundUpdated({ ...refund, status: 'failed' }, { created: 3 });
    const others = [payment.refundFailed(refund, { created: 2 }), told, { ...told, type: 'charge.refund.updated' }];
    for (const other of others) expect((await apply(other)).outcome).toBe('already_applied');
    expect(await amounts()).toEqual([2000, -500, 500]);
  });

  test('a cancelled one comes back too; a pending one does not', async () => {
    await applyAll(payment.succeeded(), payment.refunded(500, { created: 1 }));
    expect((await apply(payment.refundUpdated({ ...refund, status: 'pending' }))).outcome).toBe('ignored');
    await apply(payment.refundUpdated({ ...refund, status: 'canceled' }, { created: 2 }));
    expect(await amounts()).toEqual([2000, -500, 500]);
  });

  test('the refund delivered again after its failure is not taken again', async () => {
    const first = payment.refunded(500, { created: 1 });
    await applyAll(payment.succeeded(), first, payment.refundFailed(refund, { created: 2 }));
    expect((await apply(first)).outcome).toBe('already_applied');
    expect(await amounts()).toEqual([2000, -500, 500]);
  });

  test('a later refund is taken', async () => {
    await applyAll(payment.succeeded(), payment.refunded(500, { created: 1 }));
    await applyAll(payment.refundFailed(refund, { created: 2 }), payment.refunded(500, { created: 3 }));
    expect(await amounts()).toEqual([2000, -500, 500, -500]);
  });

  test('a later refund is taken even when the failure is heard of last', async () => {
    await applyAll(payment.succeeded(), payment.refunded(500, { created: 1 }), payment.refunded(500, { created: 3 }));
    expect(await amounts()).toEqual([2000, -500]);
    const result = await apply(payment.refundFailed(refund, { created: 2 }));
    expect(result.effects).toHaveLength(2);
    expect(await amounts()).toEqual([2000, -500, -500, 500]);
  });

  test('a failure alone never makes the balance higher than the payment did', async () => {
    await applyAll(payment.succeeded(), payment.refundFailed(refund, { created: 2 }));
    expect(await amounts()).toEqual([2000, -500, 500]);
    await apply(payment.refunded(500, { created: 1 }));
    expect(await amounts()).toEqual([2000, -500, 500]);
  });
});

type Step = { kind: 'refund'; share: number } | { kind: 'return'; nth: number } | { kind: 'dispute'; won: boolean };

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('refund' as const), share: fc.integer({ min: 1, max: 100 }) })
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('return' as const), nth: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('dispute' as const), won: fc.boolean() }) }
  ),
  { maxLength: 8 }
);

/** What Stripe would do and send: its own balance, and the events, a second apart. */
function playAtStripe(paid: ReturnType<typeof stripePayment>, amount: number, played: Step[]) {
  let created = 100;
  const fields = () => ({ created: created++ });
  const events = [paid.succeeded(fields())];
  const out: { id: string; amount: number }[] = [];
  const returned: typeof out = [];
  let disputed = 0;
  const refundedNow = () => out.reduce((total, refund) => total + refund.amount, 0);
  for (const step of played) {
    if (step.kind === 'refund') {
      const part = Math.floor(((amount - refundedNow()) * step.share) / 100);
      if (part === 0) continue;
      out.push({ id: stripeId('re'), amount: part });
      events.push(paid.refunded(refundedNow(), fields()));
    } else if (step.kind === 'return') {
      const [refund] = out.splice(step.nth % Math.max(out.length, 1), 1);
      if (!refund) continue;
      events.push(paid.refundFailed(refund, fields()));
      returned.push(refund);
    } else {
      const dispute = { id: stripeId('du'), amount: 300 };
      events.push(paid.dispute('withdrawn', dispute, fields()));
      if (step.won) events.push(paid.dispute('reinstated', dispute, fields()));
      else disputed += 300;
    }
  }
  // Much later their metadata is edited: told again, with a newer time.
  for (const refund of returned) events.push(paid.refundUpdated({ ...refund, status: 'failed' }, fields()));
  return { events, balance: amount - refundedNow() - disputed };
}

/** Delivers until nothing waits any more. */
async function deliver(events: StripeEventBody[]): Promise<void> {
  const waiting: StripeEventBody[] = [];
  for (const event of events) {
    await apply(event).catch((error: unknown) => {
      if (!(error instanceof HandlerError) || error.permanent) throw error;
      waiting.push(event);
    });
  }
  if (waiting.length > 0) await deliver(waiting);
}

test('any history, delivered in any order, with repeats: the balance is what Stripe says', async () => {
  const history = fc.tuple(steps, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }));
  await fc.assert(
    fc.asyncProperty(history, async ([played, keys]) => {
      const { accountId: id, payment: paid } = await newPayment(2000);
      const { events, balance } = playAtStripe(paid, 2000, played);
      const copies = [...events, ...events.filter((_, index) => index % 2 === 0)];
      const keyed = copies.map((event, index) => ({ event, key: keys[index] ?? 0 }));
      await deliver(keyed.toSorted((one, other) => one.key - other.key).map(({ event }) => event));
      const booked = await amounts(id);
      expect(booked.reduce((total, amount) => total + amount, 0)).toBe(balance);
    }),
    { numRuns: 60 }
  );
}, 60_000);
