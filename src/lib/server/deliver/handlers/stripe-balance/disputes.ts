// Disputes: the bank takes the money when one opens, and gives it back when it is won.

import * as v from 'valibot';
import type { PaymentReference } from '#lib/server/accounts/lock-order.ts';
import { lockAccount } from '#lib/server/accounts/lock-order.ts';
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

const disputeSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  amount: amountSchema,
  currency: currencySchema,
  charge: idSchema,
  payment_intent: v.nullish(idSchema, null)
});

/** Each way once, in either order: the two facts do not need each other, and their sum is right as soon as both are in. */
export async function bookDispute(booking: Booking, way: 'withdrawn' | 'reinstated'): Promise<HandlerResult> {
  const dispute = readObject(disputeSchema, booking.event);
  const payment: PaymentReference = {
    provider: PROVIDER,
    providerAccount: providerAccount(booking.event),
    payment: dispute.payment_intent,
    charge: dispute.charge
  };
  needLock(await lockAccount(booking.transaction.sql, { by: 'payment', payment }), payment);
  const reversed = await reversedPayment(booking, payment);
  if (reversed) return reversed;
  const result = await postLine(
    booking,
    {
      target: { by: 'payment', payment },
      amount: way === 'withdrawn' ? -dispute.amount : dispute.amount,
      currency: dispute.currency,
      kind: `dispute_${way}`,
      reason: `Dispute ${dispute.id}: funds ${way}`,
      fact: `dispute:${dispute.id}:${way}`,
      payment: dispute.payment_intent,
      charge: dispute.charge
    },
    () => paymentNotSeen(payment)
  );
  if (result.outcome === 'already_applied') return alreadyApplied(result);
  return applied([effectOf(result, booking, ` (dispute ${dispute.id}, funds ${way})`)]);
}
