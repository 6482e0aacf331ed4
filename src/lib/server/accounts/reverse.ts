// Undo: a line is never edited; a second one takes its amount back, once, with a reason.

import type { Database, Transaction } from '#lib/server/database/connect.ts';
import { lockAccount } from './lock-order.ts';
import { post, type PostResult } from './post.ts';
import { isReversalOfLine, REVERSAL_PROVIDER, reversalFact } from './reversal.ts';

export interface Reversal {
  accountId: number;
  entryId: number;
  reason: string;
  /** The person or key that does it. */
  madeBy: string;
}

export interface Reversed {
  outcome: 'reversed';
  /** The compensating line, and its amount. */
  entryId: number;
  amount: number;
  messageId: string | null;
}

export type ReversalResult = Reversed | { outcome: 'unknown' } | { outcome: 'refused'; message: string };

interface LineRow {
  kind: string;
  amount: string;
  reason: string;
  message_id: string | null;
  provider: string;
  provider_account: string;
  payment: string | null;
  charge: string | null;
  test: boolean;
}

/**
 * Takes a payment back. Only payments can be reversed, and only those without refunds and disputes: these come back by
 * events of their own, which would then count twice. What comes later for a reversed payment moves nothing.
 * @param note writes what must be there whenever the line is: its audit line
 */
export async function reverseEntry(
  database: Database,
  reversal: Reversal,
  note: (sql: Transaction, reversed: Reversed) => Promise<void>
): Promise<ReversalResult> {
  return database.web.begin(async (sql) => {
    // Refunds and disputes lock the payment's account too: none is booked between the look and the line.
    const locked = await lockAccount(sql, { by: 'id', id: reversal.accountId });
    const line = locked.outcome === 'locked' ? await readLine(sql, reversal) : null;
    if (locked.outcome !== 'locked' || line === null) return { outcome: 'unknown' };
    const obstacle = await whyNot(sql, line, reversal.entryId);
    if (obstacle !== null) return { outcome: 'refused', message: obstacle };
    const posted = await post(sql, compensating(line, reversal));
    if (posted.outcome !== 'posted') return { outcome: 'refused', message: whyNotPosted(posted, reversal) };
    const { entryId, amount } = posted;
    const reversed: Reversed = { outcome: 'reversed', entryId, amount, messageId: line.message_id };
    await note(sql, reversed);
    return reversed;
  });
}

function whyNotPosted(posted: Exclude<PostResult, { outcome: 'posted' }>, { entryId }: Reversal): string {
  if (posted.outcome === 'already_applied') return `Line ${entryId} is reversed already, by line ${posted.entryId}.`;
  if (posted.outcome === 'balance_limit') {
    return `Line ${entryId} cannot be reversed: the balance would leave what is kept exactly, ${Number.MAX_SAFE_INTEGER} minor units.`;
  }
  return `Line ${entryId} cannot be reversed: ${posted.outcome}.`;
}

async function readLine(sql: Transaction, { accountId, entryId }: Reversal): Promise<LineRow | null> {
  const [line] = await sql<LineRow[]>`
    select kind, amount, reason, message_id, provider, provider_account, payment, charge, test
      from ledger_entries where id = ${entryId} and account_id = ${accountId}`;
  return line ?? null;
}

async function whyNot(sql: Transaction, line: LineRow, entryId: number): Promise<string | null> {
  if (line.kind !== 'payment') {
    return `Line ${entryId} is a ${line.kind.replaceAll('_', ' ')}: only payments can be reversed, because refunds and disputes come back by events of their own.`;
  }
  const [dependent] = await sql<{ id: string; kind: string }[]>`
    select id, kind from ledger_entries
     where provider = ${line.provider} and provider_account = ${line.provider_account}
       and (payment = ${line.payment} or charge = ${line.charge})
       and kind not in ('payment', 'payment_failed')
     order by id limit 1`;
  if (!dependent) return null;
  return `Line ${entryId} has a ${dependent.kind.replaceAll('_', ' ')} on line ${dependent.id}: a payment whose money has moved on cannot be reversed. Correct it where the payment was made.`;
}

function compensating(line: LineRow, { accountId, entryId, reason, madeBy }: Reversal) {
  return {
    target: { by: 'id' as const, id: accountId },
    amount: -Number(line.amount),
    currency: null,
    kind: 'reversal',
    reason: `Reversal of line ${entryId} (${line.reason}): ${reason}`,
    provider: REVERSAL_PROVIDER,
    providerAccount: '',
    fact: reversalFact(entryId),
    payment: null,
    charge: null,
    eventId: null,
    eventCreated: null,
    test: line.test,
    messageId: line.message_id,
    madeBy
  };
}

/** The line that reversed a payment, for refunds and disputes that come after it. Ask with the account locked. */
export async function reversalOfPayment(
  sql: Transaction,
  payment: { provider: string; providerAccount: string; payment: string | null; charge: string | null }
): Promise<number | null> {
  const { provider, providerAccount, charge } = payment;
  const named = payment.payment === null ? sql`line.charge = ${charge}` : sql`line.payment = ${payment.payment}`;
  const [row] = await sql<{ id: string }[]>`
    select reversal.id
      from ledger_entries line
      join ledger_entries reversal on ${isReversalOfLine(sql)}
     where line.provider = ${provider} and line.provider_account = ${providerAccount} and ${named}
       and line.kind = 'payment'
     limit 1`;
  return row ? Number(row.id) : null;
}
