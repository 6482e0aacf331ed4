// Stripe's events as it sends them, cut down to what decides. Amounts in minor units, times in Unix seconds.

export interface StripeEventBody {
  id: string;
  object: 'event';
  type: string;
  created: number;
  livemode: boolean;
  account?: string;
  data: { object: Record<string, unknown> };
}

export type EventFields = Partial<Pick<StripeEventBody, 'id' | 'created' | 'livemode' | 'account'>>;

let counter = 0;

/** An id that no other test has. */
export function stripeId(prefix: string): string {
  counter += 1;
  return `${prefix}_${process.pid}x${counter}`;
}

export function stripeEvent(type: string, object: Record<string, unknown>, fields: EventFields = {}): StripeEventBody {
  const created = 1_700_000_000;
  return { id: stripeId('evt'), object: 'event', type, created, livemode: true, data: { object }, ...fields };
}

/** A payment and what can happen to it. */
export function stripePayment(options: { accountId?: number; customer?: string; amount?: number; currency?: string }) {
  const { amount = 1999, currency = 'usd', customer = null, accountId } = options;
  const [payment, charge] = [stripeId('pi'), stripeId('ch')];
  const money = { currency, charge, payment_intent: payment };
  const metadata = accountId === undefined ? {} : { account_id: String(accountId) };
  const intent = { id: payment, object: 'payment_intent', amount, currency, customer, latest_charge: charge, metadata };
  return {
    payment,
    charge,
    succeeded: (fields?: EventFields) =>
      stripeEvent('payment_intent.succeeded', { ...intent, amount_received: amount }, fields),
    failed: (fields?: EventFields & { message?: string }) =>
      stripeEvent(
        'payment_intent.payment_failed',
        {
          ...intent,
          amount_received: 0,
          last_payment_error: { charge: stripeId('ch'), message: fields?.message ?? null }
        },
        fields
      ),
    refunded: (amountRefunded: number, fields?: EventFields) =>
      stripeEvent(
        'charge.refunded',
        { id: charge, object: 'charge', amount, currency, amount_refunded: amountRefunded, payment_intent: payment },
        fields
      ),
    refundFailed: (refund: { id: string; amount: number }, fields?: EventFields) =>
      stripeEvent('refund.failed', { ...refund, ...money, object: 'refund', status: 'failed' }, fields),
    refundUpdated: (refund: { id: string; amount: number; status: string }, fields?: EventFields) =>
      stripeEvent('refund.updated', { ...refund, ...money, object: 'refund' }, fields),
    dispute: (way: 'withdrawn' | 'reinstated', dispute: { id: string; amount: number }, fields?: EventFields) =>
      stripeEvent(`charge.dispute.funds_${way}`, { ...dispute, ...money, object: 'dispute' }, fields)
  };
}
