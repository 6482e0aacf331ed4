// How much is in the log, for a screen that found nothing: is it empty, or does nothing fit?

import type { Database } from '#lib/server/database/connect.ts';

/** Above this a count costs more than it tells. */
const COUNTED_AT_MOST = 10_000;

/** How many messages there are; `more`: at least one more than that. */
export async function countMessages({ web: sql }: Database): Promise<{ count: number; more: boolean }> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from (
      (select 1 from messages limit ${COUNTED_AT_MOST + 1}) union all (select 1 from messages_kept limit ${COUNTED_AT_MOST + 1})
    ) counted`;
  const count = row?.count ?? 0;
  return { count: Math.min(count, COUNTED_AT_MOST), more: count > COUNTED_AT_MOST };
}
