// From a line to post, to what the timeline says about it.

import type { Effect } from '#lib/inbox/types.ts';
import { formatMoney } from '#lib/inbox/money.ts';
import type { LockResult, PaymentReference } from '#lib/server/accounts/lock-order.ts';
import type { LedgerLine, PostResult } from '#lib/server/accounts/post.ts';
import { post } from '#lib/server/accounts/post.ts';
import { reversalOfPayment } from '#lib/server/accounts/reverse.ts';
import type { HandlerMessage, HandlerResult, HandlerTransaction } from '../../handler.ts';
import { HandlerError } from '../../handler.ts';
import type { StripeEvent } from './event.ts';

/** One event being booked. */
export interface Booking {
  transaction: HandlerTransaction;
  message: HandlerMessage;
  event: StripeEvent;
}

/** What differs from line to line; the rest comes from the event. */
export type StripeLine = Pick<
  LedgerLine,
  'target' | 'amount' | 'currency' | 'kind' | 'reason' | 'fact' | 'payment' | 'charge'
>;

type Posted = Extract<PostResult, { outcome: 'posted' }>;
type Applied = Extract<PostResult, { outcome: 'posted' | 'already_applied' }>;

export const PROVIDER = 'stripe';

export function providerAccount(event: StripeEvent): string {
  return event.account ?? '';
}

/**
 * Posts a line of the event.
 * @param missing what to say when there is no account to post it to
 * @throws {HandlerError} when the line cannot be posted
 */
export async function postLine(booking: Booking, line: StripeLine, missing: () => HandlerError): Promise<Applied> {
  const { transaction, message, event } = booking;
  const result = await post(transaction.sql, {
    ...line,
    provider: PROVIDER,
    providerAccount: providerAccount(event),
    eventId: event.id,
    eventCreated: new Date(event.created * 1000),
    test: !event.livemode,
    messageId: message.id
  });
  if (result.outcome === 'posted') transaction.changed(`account:${result.account.id}`, { id: result.account.id });
  if (result.outcome === 'posted' || result.outcome === 'already_applied') return result;
  throw result.outcome === 'unknown_account' ? missing() : notPosted(result, line);
}

type Refused = Exclude<PostResult, Applied | { outcome: 'unknown_account' }>;

function notPosted(result: Refused, line: StripeLine): HandlerError {
  switch (result.outcome) {
    case 'other_currency':
      return new HandlerError(
        `The amount is in ${line.currency}, and account ${result.account.id} (${result.account.name}) is kept in ` +
          `${result.account.currency}: name an account in ${line.currency}, then re-deliver.`,
        { permanent: true }
      );
    case 'balance_limit':
      return new HandlerError(
        `Account ${result.account.id} (${result.account.name}) has ${result.balance} minor units: with ${line.amount} more ` +
          `it would pass ±${Number.MAX_SAFE_INTEGER}, the most that is kept exactly. Use another account, then re-deliver.`,
        { permanent: true }
      );
    case 'busy':
      return busy(result.accountId);
  }
}

/** @throws {HandlerError} unless the payment's account is locked now */
export function needLock(result: LockResult, reference: PaymentReference): Extract<LockResult, { outcome: 'locked' }> {
  if (result.outcome === 'locked') return result;
  throw result.outcome === 'busy' ? busy(result.accountId) : paymentNotSeen(reference);
}

function busy(accountId: number): HandlerError {
  return new HandlerError(`Account ${accountId} is being changed by another delivery: tried again by itself.`, {
    permanent: false
  });
}

/** The words that a waiting refund or dispute and its payment find each other by. */
export function paymentWords(payment: string): string {
  return `stripe payment ${payment}`;
}

/** Refunds and disputes may come before their payment, and then wait for it. */
export function paymentNotSeen({ payment, charge }: PaymentReference): HandlerError {
  if (payment === null) {
    return new HandlerError(
      `Charge ${charge} has no payment intent, and only payment intents are credited to accounts: nothing to take it from.`,
      { permanent: true }
    );
  }
  return new HandlerError(
    `Payment ${payment} is not on any account yet: tried again when its payment_intent.succeeded has been applied.`,
    { permanent: false, waitsFor: paymentWords(payment) }
  );
}

/** "Credited $19.99 to Ada Lovelace, line 48". */
export function effectOf(posted: Posted, booking: Booking, purpose: string): Effect {
  const { account, amount, entryId, balance } = posted;
  const money = formatMoney(Math.abs(amount), account.currency);
  const moved = amount < 0 ? `Debited ${money} from ${account.name}` : `Credited ${money} to ${account.name}`;
  return {
    kind: 'ledger_entry',
    summary: `${moved}${purpose}, line ${entryId}${booking.event.livemode ? '' : ' (test)'}`,
    account_id: account.id,
    entry_id: entryId,
    amount,
    currency: account.currency,
    balance_after: balance,
    test: !booking.event.livemode
  };
}

export function applied(effects: Effect[]): HandlerResult {
  return { outcome: 'applied', summary: effects.map((effect) => effect.summary).join('; '), effects };
}

export function alreadyApplied(result: Extract<PostResult, { outcome: 'already_applied' }>): HandlerResult {
  const reversed = result.reversedBy === null ? '' : `, and reversed by line ${result.reversedBy}`;
  return {
    outcome: 'already_applied',
    summary: `Already applied to ${result.account.name} by line ${result.entryId}: ${result.reason}${reversed}`,
    effects: []
  };
}

/** What came for a payment that a person took back: its money is off the account, and would be taken twice. */
export async function reversedPayment(booking: Booking, payment: PaymentReference): Promise<HandlerResult | null> {
  const line = await reversalOfPayment(booking.transaction.sql, payment);
  if (line === null) return null;
  const summary = `Payment ${payment.payment ?? `of ${payment.charge}`} was reversed by line ${line}: nothing moves`;
  return { outcome: 'ignored', summary, effects: [] };
}
