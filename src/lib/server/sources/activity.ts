// What has come in lately, source by source: the numbers beside each on its page.

import type { Database } from '#lib/server/database/connect.ts';

/** Above this a count costs more than it tells. */
export const COUNTED_AT_MOST = 10_000;

export interface SourceActivity {
  sourceId: number;
  /** ISO 8601; null: nothing in the log. */
  lastReceivedAt: string | null;
  lastMessageId: string | null;
  /** Of the last 24 hours; COUNTED_AT_MOST + 1 means more than that. */
  messages: number;
  invalid: number;
}

type ActivityRow = Omit<SourceActivity, 'lastReceivedAt'> & { lastReceivedAt: Date | null };

/**
 * By source id. One short range of the index (source_id, received_at desc) a source.
 * @param only one source's id; without it all of them
 */
export async function sourceActivity({ web: sql }: Database, only?: number): Promise<Map<number, SourceActivity>> {
  const rows = await sql<ActivityRow[]>`
    select s.id as "sourceId", last.received_at as "lastReceivedAt", last.id as "lastMessageId",
           recent.messages, recent.invalid
      from sources s
      left join lateral (
        select received_at, id from messages
         where source_id = s.id and received_at <= now() + interval '1 day'
         order by received_at desc limit 1
      ) last on true
      cross join lateral (
        select count(*)::int as messages, (count(*) filter (where verification = 'invalid'))::int as invalid
          from (
            select verification from messages
             where source_id = s.id and received_at > now() - interval '1 day'
             order by received_at desc limit ${COUNTED_AT_MOST + 1}
          ) counted
      ) recent
     where ${only ?? null}::int is null or s.id = ${only ?? null}::int`;
  return new Map(
    rows.map((row) => [row.sourceId, { ...row, lastReceivedAt: row.lastReceivedAt?.toISOString() ?? null }])
  );
}
