// Stripe's payments, refunds and disputes on account balances. Each business fact is booked once, whoever tells of it, how
// often and in which order; what Stripe sends that moves no money of an account is ignored.

import type { HandlerResult } from '../handler.ts';
import { defineHandler } from '../handler.ts';
import type { Booking } from './stripe-balance/booking.ts';
import { confirmWithApi } from './stripe-balance/confirm.ts';
import { bookDispute } from './stripe-balance/disputes.ts';
import { readEvent, refuseEvent } from './stripe-balance/event.ts';
import { bookPayment, notePaymentFailure } from './stripe-balance/payments.ts';
import { bookRefunds, bookReturnedRefund } from './stripe-balance/refunds.ts';

const BOOKINGS: Record<string, (booking: Booking) => Promise<HandlerResult>> = {
  'payment_intent.succeeded': bookPayment,
  'payment_intent.payment_failed': notePaymentFailure,
  'charge.refunded': bookRefunds,
  // All three tell of one failure; older API versions send only the first.
  'charge.refund.updated': bookReturnedRefund,
  'refund.updated': bookReturnedRefund,
  'refund.failed': bookReturnedRefund,
  'charge.dispute.funds_withdrawn': (booking) => bookDispute(booking, 'withdrawn'),
  'charge.dispute.funds_reinstated': (booking) => bookDispute(booking, 'reinstated')
};

export default defineHandler<unknown>({
  provider: 'stripe',
  events: Object.keys(BOOKINGS),

  prepare: confirmWithApi,

  // A payment is one statement that reads nothing. Refunds and disputes read what was booked: one after another.
  orderKey: (_, event) => (event.type === 'payment_intent.succeeded' ? event.id : null),

  async apply(transaction, message, event, confirmed) {
    const stripeEvent = readEvent(confirmed ?? message.payload);
    refuseEvent(stripeEvent, message);
    const book = BOOKINGS[stripeEvent.type];
    if (!book) {
      return { outcome: 'ignored', summary: `Nothing is booked for ${event.type}`, effects: [] };
    }
    return book({ transaction, message, event: stripeEvent });
  }
});
