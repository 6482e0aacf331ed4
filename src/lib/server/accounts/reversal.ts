// How a reversal is a fact of the ledger: a line of our own provider that names the line it takes back. Unique, as every
// fact is, so that a line is reversed once.

import type { Sql, Transaction } from '#lib/server/database/connect.ts';

/** Reversal lines are facts of our own, not of a payment provider. */
export const REVERSAL_PROVIDER = 'holdfast';
const FACT = 'reversal:';

export const reversalFact = (entryId: number): string => `${FACT}${entryId}`;

/** For a join: the line called `reversal` is the one that took the line called `line` back. */
export function isReversalOfLine(sql: Sql | Transaction) {
  return sql`reversal.provider = ${REVERSAL_PROVIDER} and reversal.provider_account = ''
         and reversal.fact = ${FACT}::text || line.id`;
}

/** The id of the line that the line called `line` takes back; null for all other lines. */
export function reversedByLine(sql: Sql | Transaction) {
  return sql`case when line.provider = ${REVERSAL_PROVIDER} and line.kind = 'reversal'
                  then substr(line.fact, ${FACT.length + 1}::int)::bigint end`;
}
