// Reading the log: one line of the inbox a message, with the worst status of its deliveries.

import type { MessageStatus, MessageSummary, VerificationStatus } from '#lib/inbox/types.ts';
import type { Database, Sql } from '#lib/server/database/connect.ts';
import { isUuid, receivedAtOf } from './read-ids.ts';

/** Worst first. The index into this list, from 1, is the rank that SQL computes. */
export const STATUSES_BY_RANK: readonly MessageStatus[] = ['failed', 'held', 'pending', 'succeeded', 'none'];

/** Columns of a summary as they come from `summaryQuery`. */
export interface SummaryRow {
  id: string;
  received_at: Date;
  source_id: number;
  source_slug: string | null;
  source_name: string | null;
  source_provider: string | null;
  remote_ip: string;
  method: string;
  path: string;
  query: string;
  content_type: string | null;
  size: number;
  event_id: string | null;
  event_type: string | null;
  verification: VerificationStatus;
  verification_reason: string | null;
  duplicate_of: string | null;
  origin: MessageSummary['origin'];
  rank: number;
}

/**
 * A lateral join that gives `worst.rank` for each row of `m`: the index into STATUSES_BY_RANK of its deliveries' worst
 * status. Deliveries have the millisecond of their message in their id, so that it reads one short range of each
 * table's primary key, in one partition.
 */
export function worstStatus(sql: Sql) {
  const idsOfMessage = sql`
    between (left(m.id::text, 13) || '-0000-0000-000000000000')::uuid
        and (left(m.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid`;
  return sql`
    cross join lateral (
      select coalesce(min(case d.status when 'failed' then 1 when 'held' then 2 when 'pending' then 3 else 4 end), 5) as rank
      from (
        select case when s.paused_at is not null or s.held_at is not null then 'held' else q.status end as status
          from delivery_queue q left join destination_states s on s.destination_id = q.destination_id
         where q.id ${idsOfMessage} and q.message_id = m.id
        union all
        select r.status from delivery_results r where r.id ${idsOfMessage} and r.message_id = m.id
      ) d
    ) worst`;
}

/** The log and what outlived its partition. Columns by name: the two tables may come to differ in their order. */
export function allMessages(sql: Sql) {
  const columns = sql`
    received_at, id, source_id, method, path, query, headers, content_type, remote_ip, payload, body, body_dropped, size,
    body_sha256, event_id, event_type, verification, verification_reason, verification_detail, duplicate_of, origin, edited_from`;
  return sql`(select ${columns} from messages union all select ${columns} from messages_kept)`;
}

/**
 * The rows `m` of these ids by the primary key: the time is in the id, so that one partition each is touched. Without
 * the limit the planner may merge-join the whole log with them.
 */
export function messagesById(sql: Sql, ids: readonly string[]) {
  const times = ids.map((id) => receivedAtOf(id).toISOString());
  return sql`
    unnest(${[...ids]}::uuid[], ${times}::timestamptz[]) as key (id, received_at)
      cross join lateral (
        select * from ${allMessages(sql)} a where a.received_at = key.received_at and a.id = key.id limit 1
      ) m`;
}

/** Turns a row into what API and screens show. A source that is gone keeps its number. */
function toSummary(row: SummaryRow): MessageSummary {
  return {
    id: row.id,
    source: {
      id: row.source_id,
      slug: row.source_slug ?? `deleted-${row.source_id}`,
      name: row.source_name ?? `Deleted source ${row.source_id}`,
      provider: row.source_provider ?? 'none'
    },
    received_at: row.received_at.toISOString(),
    remote_ip: row.remote_ip,
    method: row.method,
    path: row.path,
    query: row.query,
    content_type: row.content_type,
    size: row.size,
    event_id: row.event_id,
    event_type: row.event_type,
    verification: { status: row.verification, reason: row.verification_reason },
    duplicate_of: row.duplicate_of,
    origin: row.origin,
    status: STATUSES_BY_RANK[row.rank - 1] ?? 'none'
  };
}

/**
 * The messages with these ids, newest first. Ids that are unknown, or no ids at all, are left out.
 */
export async function loadSummaries(database: Database, ids: readonly string[]): Promise<MessageSummary[]> {
  const known = [...new Set(ids.filter(isUuid))];
  if (known.length === 0) return [];
  const sql = database.web;
  const rows = await sql<SummaryRow[]>`
    select m.id, m.received_at, m.source_id, s.slug as source_slug, s.name as source_name, s.provider as source_provider,
           m.remote_ip, m.method, m.path, m.query, m.content_type, m.size, m.event_id, m.event_type, m.verification,
           m.verification_reason, m.duplicate_of, m.origin, worst.rank
      from ${messagesById(sql, known)}
      left join sources s on s.id = m.source_id
      ${worstStatus(sql)}
     order by m.received_at desc, m.id desc`;
  return rows.map(toSummary);
}
