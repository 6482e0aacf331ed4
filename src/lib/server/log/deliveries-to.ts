// The last deliveries to one destination, for its page.

import type { Database } from '#lib/server/database/connect.ts';
import type { DeliverySummary } from '#lib/inbox/types.ts';

/** Looked through, newest first: no index leads from a destination to what is over. */
const LOOKED_THROUGH = 20_000;

export interface DeliveryTo {
  id: string;
  messageId: string;
  source: string | null;
  eventType: string | null;
  /** ISO 8601. */
  receivedAt: string;
  status: DeliverySummary['status'];
  attempts: number;
  lastError: string | null;
}

/** Newest first; of a destination that gets few among many, only those among the newest of all. */
export async function deliveriesTo(
  { web: sql }: Database,
  destinationId: number,
  limit: number
): Promise<DeliveryTo[]> {
  const rows = await sql<(Omit<DeliveryTo, 'receivedAt'> & { receivedAt: Date })[]>`
    with over as (
      select * from (
        select id, message_id, source_id, destination_id, status, attempt_count, last_error
          from delivery_results order by id desc limit ${LOOKED_THROUGH}
      ) newest where destination_id = ${destinationId} order by id desc limit ${limit}
    ), waiting as (
      select id, message_id, source_id, destination_id, status, attempt_count, last_error
        from delivery_queue where destination_id = ${destinationId} order by id desc limit ${limit}
    )
    select d.id, d.message_id as "messageId", s.slug as source, d.status, d.attempt_count as attempts,
           d.last_error as "lastError", m.event_type as "eventType",
           to_timestamp(('x' || lpad(replace(left(d.message_id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)
             as "receivedAt"
      from (select * from over union all select * from waiting) d
      left join sources s on s.id = d.source_id
      left join lateral (
        select event_type from messages
         where id = d.message_id
           and received_at = to_timestamp(
             ('x' || lpad(replace(left(d.message_id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)
      ) m on true
     order by d.id desc limit ${limit}`;
  return rows.map((row) => ({ ...row, receivedAt: row.receivedAt.toISOString() }));
}
