// What waits for a destination, for people: the heads of orders that are stuck, and giving one up.

import type { Sql } from '#lib/server/database/connect.ts';
import { ensurePartitions, startOfDay } from '#lib/server/database/partitions.ts';
import { millisecondOf } from './load.ts';
import { isHeadOfOrder } from './order.ts';

/** Heads are listed, and what waits behind one is counted, up to these. */
const MOST_HEADS = 100;
const COUNTED = 1000;

/** The first delivery of an order, tried in vain: all behind it wait. Times ISO 8601 in UTC. */
export interface StuckHead {
  delivery_id: string;
  message_id: string;
  attempt_count: number;
  last_error: string | null;
  next_attempt_at: string;
  /** Counted up to 1,000. */
  behind: number;
}

/** Orders of a destination that do not go on, the longest queue first. */
export async function stuckHeads(sql: Sql, destinationId: number): Promise<StuckHead[]> {
  const rows = await sql<(Omit<StuckHead, 'next_attempt_at'> & { due_at: Date })[]>`
    select q.id as delivery_id, q.message_id, q.attempt_count, q.last_error, q.due_at,
           (select count(*)::int from (
              select from delivery_queue b
               where b.destination_id = q.destination_id and b.order_key = q.order_key and b.message_id > q.message_id
               limit ${COUNTED}) counted) as behind
      from delivery_queue q
     where q.destination_id = ${destinationId} and q.order_key is not null and q.attempt_count > 0
       and ${isHeadOfOrder(sql)}
     order by behind desc, q.message_id limit ${MOST_HEADS}`;
  return rows.map(({ due_at: dueAt, ...row }) => ({ ...row, next_attempt_at: dueAt.toISOString() }));
}

/**
 * Gives up a delivery that waits: it has failed. A try that is under way finds its lease gone.
 * @param by who, as the audit log says it
 * @returns false when it does not wait
 */
export async function skipDelivery(sql: Sql, id: string, by: string): Promise<boolean> {
  await ensurePartitions(sql, startOfDay(new Date(millisecondOf(id))), 1);
  const rows = await sql`
    with skipped as (delete from delivery_queue where id = ${id} returning *)
    insert into delivery_results
      (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
    select id, message_id, source_id, destination_id, 'failed', attempt_count, version + 1,
           concat_ws(' ', ${`Skipped by ${by}.`}::text, 'Before that: ' || last_error)
      from skipped
    returning 1`;
  return rows.length > 0;
}
