// The order in which a transaction takes the locks of what handlers change: why deliveries in parallel do not deadlock.
//
// One transaction may apply several messages, and two transactions may hold the same accounts in opposite orders. So:
//   1. The account's row is locked first, then the ledger line is inserted. Copies of one event queue on the row, and find
//      the line committed when they get it: nobody ever waits on the unique index while holding an account that the other
//      one wants.
//   2. Every lock has a rank (an account its id, the pull request board the highest of all). A transaction waits only for a
//      rank at or above the highest it holds; for a lower one it tries, and where that is taken it gives up ("busy") and the
//      message is applied again later. Waits only ever point upwards, and a circle would need one that points down. A
//      transaction of a single message holds nothing yet, so it is never busy.
// The highest rank lives in a setting of the transaction: PostgreSQL takes it back when a savepoint rolls back, as it does
// with the locks themselves.
//
// One case is left to PostgreSQL's own deadlock detector: copies of one event credited to two different accounts (the
// Stripe customer was moved between them meanwhile) inside two transactions of many messages. It ends one of the two,
// which is then applied again.

import type { Transaction } from '#lib/server/database/connect.ts';

/** Above every account id (integer). */
const BOARD_RANK = 2_147_483_648;
/** Any number that nothing else in the database uses as an advisory lock. */
const BOARD_LOCK = 7_223_316_907_104_515n;

/** Which account a line goes to. */
export type AccountTarget =
  { by: 'id'; id: number } | { by: 'stripe_customer'; customer: string } | { by: 'payment'; payment: PaymentReference };

/** A payment as refunds and disputes name it: by itself, else by its charge. */
export interface PaymentReference {
  provider: string;
  providerAccount: string;
  payment: string | null;
  charge: string | null;
}

/**
 * The head of a statement that locks one account: WITH … `target` (id; no row: no such account) and `account` (its row as it
 * is now, locked; no row while there is a target: busy). The statement must also select `raisedRank(sql)`.
 */
export function lockedAccount(sql: Transaction, target: AccountTarget) {
  return sql`
    with held as materialized (
      select coalesce(nullif(current_setting('holdfast.highest_lock', true), ''), '0')::bigint as rank
    ),
    target as materialized (${targetId(sql, target)}),
    waited_for as materialized (
      select id, name, currency, balance from accounts
       where id = (select id from target) and (select target.id >= held.rank from target, held)
         for no key update
    ),
    tried as materialized (
      select id, name, currency, balance from accounts
       where id = (select id from target) and (select target.id < held.rank from target, held)
         for no key update skip locked
    ),
    account as materialized (select * from waited_for union all select * from tried)`;
}

/** Notes in the transaction that `account` is locked now. */
export function raisedRank(sql: Transaction) {
  return sql`(
    select set_config('holdfast.highest_lock', greatest(held.rank, account.id)::text, true) from held, account
  ) as highest_lock`;
}

export type LockResult =
  | { outcome: 'locked'; account: { id: number; name: string; currency: string } }
  | { outcome: 'unknown_account' }
  | { outcome: 'busy'; accountId: number };

/** Locks an account until the end of the transaction, for whoever reads its lines before posting. One round trip. */
export async function lockAccount(sql: Transaction, target: AccountTarget): Promise<LockResult> {
  const [row] = await sql<{ account_id: number; name: string | null; currency: string | null }[]>`
    ${lockedAccount(sql, target)}
    select target.id as account_id, account.name, account.currency, ${raisedRank(sql)}
      from target left join account on true`;
  if (!row) return { outcome: 'unknown_account' };
  const { account_id: id, name, currency } = row;
  if (name === null || currency === null) return { outcome: 'busy', accountId: id };
  return { outcome: 'locked', account: { id, name, currency } };
}

/** One writer of the board at a time. Always waits: no rank is higher. */
export async function lockBoard(sql: Transaction): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(${BOARD_LOCK.toString()}::bigint),
           set_config('holdfast.highest_lock', ${String(BOARD_RANK)}, true)`;
}

// A closed account is credited no more, but its refunds and disputes still find it by its payment.
function targetId(sql: Transaction, target: AccountTarget) {
  if (target.by === 'id') return sql`select id from accounts where id = ${target.id} and closed_at is null`;
  if (target.by === 'stripe_customer') {
    return sql`select id from accounts where stripe_customer = ${target.customer} and closed_at is null`;
  }
  const { provider, providerAccount, payment, charge } = target.payment;
  const named = payment === null ? sql`charge = ${charge}` : sql`payment = ${payment}`;
  return sql`
    select account_id as id from ledger_entries
     where provider = ${provider} and provider_account = ${providerAccount} and ${named} and kind = 'payment'
     limit 1`;
}
