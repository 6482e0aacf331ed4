// Payments that came in, and those that failed.

import * as v from 'valibot';
import { formatMoney } from '#lib/inbox/money.ts';
import type { AccountTarget } from '#lib/server/accounts/lock-order.ts';
import type { HandlerResult } from '../../handler.ts';
import { HandlerError } from '../../handler.ts';
import type { Booking, StripeLine } from './booking.ts';
import { alreadyApplied, applied, effectOf, paymentWords, postLine } from './booking.ts';
import { amountSchema, currencySchema, idSchema, readObject } from './event.ts';

const MAX_ACCOUNT_ID = 2_147_483_647;

const paymentSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  amount: amountSchema,
  amount_received: v.nullish(amountSchema),
  currency: currencySchema,
  customer: v.nullish(idSchema, null),
  latest_charge: v.nullish(idSchema, null),
  metadata: v.nullish(v.record(v.string(), v.unknown()), {}),
  last_payment_error: v.nullish(
    v.object({ message: v.nullish(v.string(), null), charge: v.nullish(idSchema, null) }),
    null
  )
});

type Payment = v.InferOutput<typeof paymentSchema>;

export async function bookPayment(booking: Booking): Promise<HandlerResult> {
  const payment = readObject(paymentSchema, booking.event);
  const { target, missing } = accountOf(payment);
  const line: StripeLine = {
    target,
    amount: payment.amount_received ?? payment.amount,
    currency: payment.currency,
    kind: 'payment',
    reason: `Payment ${payment.id}`,
    fact: `payment:${payment.id}`,
    payment: payment.id,
    charge: payment.latest_charge
  };
  const result = await postLine(booking, line, missing);
  // Woken even if the line is old: the refund may have begun to wait after the payment's first delivery.
  booking.transaction.wake(paymentWords(payment.id));
  return result.outcome === 'posted' ? applied([effectOf(result, booking, '')]) : alreadyApplied(result);
}

/** A line without an amount, so that the customer sees that it was tried. */
export async function notePaymentFailure(booking: Booking): Promise<HandlerResult> {
  const payment = readObject(paymentSchema, booking.event);
  const { target, missing } = accountOf(payment);
  const failure = payment.last_payment_error;
  const charge = failure?.charge ?? payment.latest_charge;
  const money = formatMoney(payment.amount, payment.currency);
  const line: StripeLine = {
    target,
    amount: 0,
    currency: null,
    kind: 'payment_failed',
    reason: `Payment ${payment.id} of ${money} failed${failure?.message ? `: ${failure.message}` : ''}`,
    // A payment can fail several times, each time with a charge of its own.
    fact: `payment:${payment.id}:failed:${charge ?? booking.event.id}`,
    payment: payment.id,
    charge
  };
  const result = await postLine(booking, line, missing);
  if (result.outcome === 'already_applied') return alreadyApplied(result);
  const summary = `Noted a failed payment of ${money} on ${result.account.name}, line ${result.entryId}`;
  return applied([
    { ...effectOf(result, booking, ''), summary: booking.event.livemode ? summary : `${summary} (test)` }
  ]);
}

/** The account in the metadata, else the one of the Stripe customer. */
function accountOf(payment: Payment): { target: AccountTarget; missing: () => HandlerError } {
  const named = payment.metadata['account_id'];
  if (named !== undefined) {
    const id = accountId(named, payment);
    return {
      target: { by: 'id', id },
      missing: () => noAccount(`${id}, which metadata.account_id of ${payment.id} names`)
    };
  }
  if (payment.customer !== null) {
    const { customer } = payment;
    const whom = `of the Stripe customer ${customer}, and payment ${payment.id} has no metadata.account_id`;
    return { target: { by: 'stripe_customer', customer }, missing: () => noAccount(whom) };
  }
  throw new HandlerError(
    `Payment ${payment.id} names no account: it has neither metadata.account_id nor a customer. Set one where the payment ` +
      `is made.`,
    { permanent: true }
  );
}

function noAccount(whom: string): HandlerError {
  return new HandlerError(`There is no account ${whom}: create the account, then re-deliver.`, { permanent: true });
}

/** Stripe's metadata values are text; a number is taken too, for people who write test events by hand. */
function accountId(value: unknown, payment: Payment): number {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_ACCOUNT_ID) return Number(text);
  throw new HandlerError(
    `metadata.account_id of payment ${payment.id} is ${JSON.stringify(value).slice(0, 60)}: the number of an account, ` +
      `from 1 to ${MAX_ACCOUNT_ID}, is needed. Correct it where the payment is made.`,
    { permanent: true }
  );
}
