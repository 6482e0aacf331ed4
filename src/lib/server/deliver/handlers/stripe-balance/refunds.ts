// Refunds. Stripe tells how much of a charge is refunded so far, and which refund came back: in any order, more than once,
// and days apart. Every report is kept, and the lines are what they add up to (refund-position.ts).

import * as v from 'valibot';
import type { Effect } from '#lib/inbox/types.ts';
import { formatMoney } from '#lib/inbox/money.ts';
import type { PaymentReference } from '#lib/server/accounts/lock-order.ts';
import { lockAccount } from '#lib/server/accounts/lock-order.ts';
import type { Transaction } from '#lib/server/database/connect.ts';
import type { HandlerResult } from '../../handler.ts';
import type { Booking } from './booking.ts';
import {
  alreadyApplied,
  applied,
  effectOf,
  needLock,
  paymentNotSeen,
  postLine,
  PROVIDER,
  providerAccount,
  reversedPayment
} from './booking.ts';
import { amountSchema, currencySchema, idSchema, readObject } from './event.ts';
import type { RefundReport } from './refund-position.ts';
import { amountRefunded } from './refund-position.ts';

const chargeSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  amount_refunded: amountSchema,
  currency: currencySchema,
  payment_intent: v.nullish(idSchema, null)
});

const refundSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  amount: amountSchema,
  currency: currencySchema,
  charge: idSchema,
  payment_intent: v.nullish(idSchema, null),
  status: v.nullish(v.string(), null)
});

/** The charge whose refunds are booked: as both kinds of event name it. */
interface RefundedCharge {
  charge: string;
  payment: string | null;
  currency: string;
}

/** charge.refunded */
export async function bookRefunds(booking: Booking): Promise<HandlerResult> {
  const { id, amount_refunded: amount, currency, payment_intent: payment } = readObject(chargeSchema, booking.event);
  const charge = { charge: id, payment, currency };
  const account = await lockPaymentAccount(booking, charge);
  const reversed = await reversedPayment(booking, paymentOf(booking, charge));
  if (reversed) return reversed;
  await keepReport(booking, charge, { amount, returnedRefund: null });
  const effect = await bookDifference(booking, charge);
  if (effect) return applied([effect]);
  const upTo = formatMoney(amount, account.currency);
  const summary = `The refunds of charge ${id} are booked on ${account.name} already, up to ${upTo} and more`;
  return {
    outcome: 'already_applied',
    summary: amount === 0 ? `Nothing of charge ${id} is refunded` : summary,
    effects: []
  };
}

/** refund.failed, and the updates of a refund that say the same. A cancelled refund comes back just so. */
export async function bookReturnedRefund(booking: Booking): Promise<HandlerResult> {
  const refund = readObject(refundSchema, booking.event);
  const returned = refund.status === 'failed' || refund.status === 'canceled' || booking.event.type === 'refund.failed';
  if (!returned) {
    return {
      outcome: 'ignored',
      summary: `Refund ${refund.id} is ${refund.status}: it did not come back`,
      effects: []
    };
  }
  const charge = { charge: refund.charge, payment: refund.payment_intent, currency: refund.currency };
  await lockPaymentAccount(booking, charge);
  const reversed = await reversedPayment(booking, paymentOf(booking, charge));
  if (reversed) return reversed;
  await keepReport(booking, charge, { amount: refund.amount, returnedRefund: refund.id });
  // What left is booked before what came back, so that no line ever shows more than the payment brought.
  const taken = await bookDifference(booking, charge);
  const result = await postLine(
    booking,
    { ...lineOf(booking, charge), amount: refund.amount, kind: 'refund_returned', ...returnWords(refund) },
    () => paymentNotSeen(paymentOf(booking, charge))
  );
  const effects = taken ? [taken] : [];
  if (result.outcome === 'posted') effects.push(effectOf(result, booking, ` (refund ${refund.id} came back)`));
  else if (!taken) return alreadyApplied(result);
  return applied(effects);
}

function returnWords(refund: v.InferOutput<typeof refundSchema>): { reason: string; fact: string } {
  const how = refund.status === 'canceled' ? 'was cancelled' : 'failed';
  return { reason: `Refund ${refund.id} ${how}`, fact: `refund:${refund.id}:returned` };
}

/** Takes what left by refunds and is not booked yet. The account is locked: nobody else books this charge meanwhile. */
async function bookDifference(booking: Booking, charge: RefundedCharge): Promise<Effect | null> {
  const { sql } = booking.transaction;
  const refunded = amountRefunded(await readReports(sql, booking, charge));
  const owed = refunded - (await amountBooked(sql, booking, charge));
  if (owed <= 0) return null;
  const result = await postLine(
    booking,
    {
      ...lineOf(booking, charge),
      amount: -owed,
      kind: 'refund',
      reason: `Refund of charge ${charge.charge}`,
      fact: `charge:${charge.charge}:refunded:${refunded}`
    },
    () => paymentNotSeen(paymentOf(booking, charge))
  );
  return result.outcome === 'posted' ? effectOf(result, booking, ` (refund of ${charge.charge})`) : null;
}

/** Refunds and disputes go to the account that the payment credited, whatever the customer's account is now. */
async function lockPaymentAccount(booking: Booking, charge: RefundedCharge) {
  const payment = paymentOf(booking, charge);
  const locked = needLock(await lockAccount(booking.transaction.sql, { by: 'payment', payment }), payment);
  return locked.account;
}

function paymentOf(booking: Booking, charge: RefundedCharge): PaymentReference {
  return {
    provider: PROVIDER,
    providerAccount: providerAccount(booking.event),
    payment: charge.payment,
    charge: charge.charge
  };
}

function lineOf(booking: Booking, charge: RefundedCharge) {
  return {
    target: { by: 'payment' as const, payment: paymentOf(booking, charge) },
    currency: charge.currency,
    payment: charge.payment,
    charge: charge.charge
  };
}

async function keepReport(
  { transaction: { sql }, event }: Booking,
  { charge }: RefundedCharge,
  report: Omit<RefundReport, 'toldAt'>
): Promise<void> {
  await sql`
    insert into refund_reports (provider, provider_account, charge, returned_refund, told_at, amount)
    values (${PROVIDER}, ${providerAccount(event)}, ${charge}, ${report.returnedRefund ?? ''},
            to_timestamp(${event.created}), ${report.amount})
    on conflict do nothing`;
}

async function readReports(sql: Transaction, { event }: Booking, { charge }: RefundedCharge): Promise<RefundReport[]> {
  const rows = await sql<{ told_at: Date; amount: string; returned_refund: string }[]>`
    select told_at, amount, returned_refund from refund_reports
     where provider = ${PROVIDER} and provider_account = ${providerAccount(event)} and charge = ${charge}`;
  return rows.map((row) => ({
    toldAt: row.told_at,
    amount: Number(row.amount),
    returnedRefund: row.returned_refund === '' ? null : row.returned_refund
  }));
}

async function amountBooked(sql: Transaction, { event }: Booking, { charge }: RefundedCharge): Promise<number> {
  const [row] = await sql<{ booked: string }[]>`
    select coalesce(-sum(amount), 0) as booked from ledger_entries
     where provider = ${PROVIDER} and provider_account = ${providerAccount(event)} and charge = ${charge}
       and kind = 'refund'`;
  return Number(row?.booked ?? 0);
}
