// Undo of a ledger line: the compensating line and its audit line commit together, then open screens are told.

import { reverseEntry, type Reversal, type ReversalResult } from '#lib/server/accounts/reverse.ts';
import { actorText, audit, type Actor } from '#lib/server/auth/audit.ts';
import type { Database } from '#lib/server/database/connect.ts';

interface UndoParts {
  database: Database;
  teller: { account(id: number): void };
}

/** Reverses a line for whoever asks; see reverseEntry for what can be reversed. */
export async function undoEntry(
  { database, teller }: UndoParts,
  actor: Actor,
  asked: Omit<Reversal, 'madeBy'>
): Promise<ReversalResult> {
  const { accountId, entryId: line, reason } = asked;
  const result = await reverseEntry(database, { ...asked, madeBy: actorText(actor) }, (sql, { entryId, amount }) =>
    audit(sql, {
      ...{ actor, action: 'account.entry_reversed', subject: `account ${accountId}` },
      detail: { line, by_line: entryId, amount, reason }
    })
  );
  if (result.outcome === 'reversed') teller.account(accountId);
  return result;
}
