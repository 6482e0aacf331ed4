// What an account looks like: to its owner, to the API, and on a live frame.

import type { AccountState, LedgerEntry } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { isReversalOfLine, reversedByLine } from './reversal.ts';

const LIVE_ENTRIES = 50;

interface StateRow {
  id: number;
  name: string;
  currency: string;
  balance: string;
  version: string;
  entries: LedgerEntry[];
}

/**
 * An account and its newest lines, of one moment: one statement, so that the balance is never ahead of the lines.
 * @param options.entries how many lines, newest first
 * @param options.before only lines older than this entry id, for the next page
 * @returns null when there is no such account, or it was deleted
 */
export async function readAccount(
  database: Database,
  id: number,
  options: { entries: number; before?: number }
): Promise<AccountState | null> {
  const sql = database.web;
  const [row] = await sql<StateRow[]>`
    select account.id, account.name, account.currency, account.balance, account.version, lines.entries
      from accounts account,
           lateral (
             select coalesce(json_agg(shown order by shown.id desc), '[]') as entries
               from (
                 select line.id, line.amount, line.balance_after, line.kind, line.reason, line.test, line.message_id,
                        line.created_at, ${reversedByLine(sql)} as reverses, reversal.id as reversed_by
                   from ledger_entries line
                   left join ledger_entries reversal on ${isReversalOfLine(sql)}
                  where line.account_id = account.id
                    and line.id < ${options.before ?? Number.MAX_SAFE_INTEGER}::bigint
                  order by line.id desc
                  limit ${options.entries}
               ) shown
           ) lines
     where account.id = ${id} and account.closed_at is null`;
  if (!row) return null;
  return {
    ...row,
    balance: Number(row.balance),
    version: Number(row.version),
    // PostgreSQL writes times into JSON with its own offset; everywhere else they are ISO 8601 in UTC.
    entries: row.entries.map((entry) => ({ ...entry, created_at: new Date(entry.created_at).toISOString() }))
  };
}

/** The data of a live `account` frame. */
export function accountState(database: Database, id: number): Promise<AccountState | null> {
  return readAccount(database, id, { entries: LIVE_ENTRIES });
}

/** Who wrote lines by hand, by line: for staff. An account's owner sees that a line was reversed, and why, but not by whom. */
export async function makersOf(database: Database, entryIds: number[]): Promise<Record<number, string>> {
  const rows = await database.web<{ id: string; made_by: string }[]>`
    select id, made_by from ledger_entries where id = any(${entryIds}::bigint[]) and made_by is not null`;
  return Object.fromEntries(rows.map((row) => [row.id, row.made_by]));
}
