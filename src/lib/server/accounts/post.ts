// The one way money moves: a ledger line and its account's balance in one statement, once per business event.

import type { Transaction } from '#lib/server/database/connect.ts';
import { lockedAccount, raisedRank } from './lock-order.ts';
import type { AccountTarget } from './lock-order.ts';
import { isReversalOfLine } from './reversal.ts';

export interface LedgerLine {
  target: AccountTarget;
  /** Integer minor units, signed; 0 is a note. */
  amount: number;
  /** Must be the account's; null for a note, which moves no money. */
  currency: string | null;
  kind: string;
  reason: string;
  provider: string;
  /** The provider's sub-account (Stripe Connect); '' for its main one. */
  providerAccount: string;
  /** The business event, the same whoever tells of it: `payment:pi_1`. Unique with the two above. */
  fact: string;
  payment: string | null;
  charge: string | null;
  eventId: string | null;
  eventCreated: Date | null;
  test: boolean;
  messageId: string | null;
  /** The person or key that writes the line by hand; none: a message does. */
  madeBy?: string;
}

export interface PostedAccount {
  id: number;
  name: string;
  currency: string;
}

export type PostResult =
  | { outcome: 'posted'; entryId: number; amount: number; account: PostedAccount; balance: number; version: number }
  | {
      outcome: 'already_applied';
      entryId: number;
      amount: number;
      account: PostedAccount;
      reason: string;
      reversedBy: number | null;
    }
  | { outcome: 'unknown_account' }
  | { outcome: 'other_currency'; account: PostedAccount }
  | { outcome: 'balance_limit'; account: PostedAccount; balance: number }
  /** Another transaction has the account, and waiting for it here could deadlock: apply again later. */
  | { outcome: 'busy'; accountId: number };

interface PostRow {
  account_id: number;
  name: string | null;
  currency: string | null;
  balance_before: string | null;
  entry_id: string | null;
  balance: string | null;
  version: string | null;
}

/**
 * Writes the line and moves the balance, or says why not. One round trip when it posts, two when it does not. Nothing is
 * read before it is written: the account's row is locked inside the statement (see lock-order.ts), the unique fact decides.
 * @param sql the transaction that the line commits with
 */
export async function post(sql: Transaction, line: LedgerLine): Promise<PostResult> {
  const [row] = await postStatement(sql, line);
  if (row?.entry_id != null) return posted(row, line);
  // Already applied comes before every other answer: the account may have been closed since.
  const applied = await appliedLine(sql, line);
  if (applied) return applied;
  if (!row) return { outcome: 'unknown_account' };
  if (row.name === null || row.currency === null) return { outcome: 'busy', accountId: row.account_id };
  const account = { id: row.account_id, name: row.name, currency: row.currency };
  if (line.currency !== null && row.currency !== line.currency) return { outcome: 'other_currency', account };
  return { outcome: 'balance_limit', account, balance: Number(row.balance_before) };
}

function postStatement(sql: Transaction, line: LedgerLine) {
  return sql<PostRow[]>`
    ${lockedAccount(sql, line.target)},
    entry as (
      insert into ledger_entries (
        account_id, amount, balance_after, kind, reason, provider, provider_account, fact, payment, charge,
        event_id, event_created, test, message_id, made_by
      )
      select id, ${line.amount}::bigint, balance + ${line.amount}::bigint, ${line.kind}, ${line.reason},
             ${line.provider}, ${line.providerAccount}, ${line.fact}, ${line.payment}, ${line.charge},
             ${line.eventId}, ${line.eventCreated}::timestamptz, ${line.test}::boolean, ${line.messageId}::uuid,
             ${line.madeBy ?? null}
        from account
       where currency = coalesce(${line.currency}, currency)
         and abs(balance + ${line.amount}::bigint) <= ${Number.MAX_SAFE_INTEGER}::bigint
      on conflict (provider, provider_account, fact) do nothing
      returning id, account_id
    ),
    moved as (
      update accounts set balance = balance + ${line.amount}::bigint, version = version + 1, updated_at = now()
        from entry where accounts.id = entry.account_id
      returning accounts.balance, accounts.version
    )
    select target.id as account_id, account.name, account.currency, account.balance as balance_before,
           entry.id as entry_id, moved.balance, moved.version, ${raisedRank(sql)}
      from target
      left join account on true
      left join entry on true
      left join moved on true`;
}

function posted(row: PostRow, line: LedgerLine): PostResult {
  return {
    outcome: 'posted',
    entryId: Number(row.entry_id),
    amount: line.amount,
    account: { id: row.account_id, name: row.name ?? '', currency: row.currency ?? '' },
    balance: Number(row.balance),
    version: Number(row.version)
  };
}

/** In a statement of its own: the line may have been committed while the first one waited for the account. */
async function appliedLine(sql: Transaction, line: LedgerLine): Promise<PostResult | null> {
  const [row] = await sql<
    {
      id: string;
      amount: string;
      reason: string;
      account_id: number;
      name: string;
      currency: string;
      reversed_by: string | null;
    }[]
  >`
    select line.id, line.amount, line.reason, line.account_id, account.name, account.currency,
           reversal.id as reversed_by
      from ledger_entries line
      join accounts account on account.id = line.account_id
      left join ledger_entries reversal on ${isReversalOfLine(sql)}
     where line.provider = ${line.provider} and line.provider_account = ${line.providerAccount}
       and line.fact = ${line.fact}`;
  if (!row) return null;
  return {
    outcome: 'already_applied',
    entryId: Number(row.id),
    amount: Number(row.amount),
    account: { id: row.account_id, name: row.name, currency: row.currency },
    reason: row.reason,
    reversedBy: row.reversed_by === null ? null : Number(row.reversed_by)
  };
}
