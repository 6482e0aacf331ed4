// Reading the log: deliveries, alone with their attempts, or as live frames carry them.

import type { DeliveryChange, DeliveryDetail, DeliverySummary, MessageStatus } from '#lib/inbox/types.ts';
import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import { deliveryIdsOf, isUuid } from './read-ids.ts';
import { STATUSES_BY_RANK, worstStatus } from './summaries.ts';

interface DeliveryRow {
  id: string;
  message_id: string;
  destination_id: number;
  destination_name: string | null;
  status: DeliverySummary['status'];
  attempt_count: number;
  next_attempt_at: Date | null;
  last_error: string | null;
  version: number;
}

/** One delivery with its attempts in order; null when there is none with this id. */
export async function readDelivery(database: Database, id: string): Promise<DeliveryDetail | null> {
  if (!isUuid(id)) return null;
  // One snapshot: else an attempt that is made meanwhile is counted and not listed, or the other way round.
  return database.web.begin('isolation level repeatable read read only', async (sql) => {
    const [[row], attempts] = await Promise.all([deliveryRows(sql, sql`d.id = ${id}`), attemptsOf(sql, id)]);
    return row === undefined ? null : { ...toDelivery(row), message_id: row.message_id, attempts };
  });
}

/** All deliveries of one message, in the order in which they were made within its millisecond. */
export async function deliveriesOfMessage(database: Database, messageId: string): Promise<DeliverySummary[]> {
  if (!isUuid(messageId)) return [];
  const sql = database.web;
  const { first, last } = deliveryIdsOf(messageId);
  const rows = await deliveryRows(sql, sql`d.id between ${first} and ${last} and d.message_id = ${messageId}`);
  return rows.map(toDelivery);
}

/** These deliveries as live frames carry them, each with its message's status now. Unknown ids are left out. */
export async function deliveryChanges(database: Database, ids: readonly string[]): Promise<DeliveryChange[]> {
  const known = ids.filter(isUuid);
  if (known.length === 0) return [];
  const sql = database.web;
  const rows = await deliveryRows(sql, sql`d.id = any(${known}::uuid[])`);
  const statuses = await messageStatuses(sql, [...new Set(rows.map((row) => row.message_id))]);
  return rows.map((row) => ({
    ...toDelivery(row),
    message_id: row.message_id,
    message_status: statuses.get(row.message_id) ?? 'none'
  }));
}

/**
 * What changed at `since` or later, in its present state, at most `limit`. Whoever changes a queued delivery makes it due
 * then or later, so that due_at finds it: some come out that did not change, which does no harm.
 */
export async function deliveryChangesSince(database: Database, since: Date, limit: number): Promise<DeliveryChange[]> {
  const rows = await database.web<{ id: string }[]>`
    (select q.id from waiting_destinations w cross join lateral (
       select id from delivery_queue
        where destination_id = w.destination_id and status = 'pending' and due_at >= ${since}
        order by due_at desc limit ${limit}) q
      order by q.id desc limit ${limit})
    union all
    (select id from delivery_results where finished_at >= ${since} order by finished_at desc limit ${limit})
    limit ${limit}`;
  return deliveryChanges(
    database,
    rows.map((row) => row.id)
  );
}

async function messageStatuses(sql: Sql, ids: string[]): Promise<Map<string, MessageStatus>> {
  const rows = await sql<{ id: string; rank: number }[]>`
    select m.id, worst.rank from unnest(${ids}::uuid[]) as m (id) ${worstStatus(sql)}`;
  return new Map(rows.map((row) => [row.id, STATUSES_BY_RANK[row.rank - 1] ?? 'none']));
}

/** A delivery moves from the queue to the results in one statement, so that one snapshot never sees it twice. */
function deliveryRows(sql: Sql | Transaction, condition: ReturnType<Sql>) {
  return sql<DeliveryRow[]>`
    select d.id, d.message_id, d.destination_id, n.name as destination_name, d.status, d.attempt_count,
           d.next_attempt_at, d.last_error, d.version
      from deliveries d
      left join destinations n on n.id = d.destination_id
     where ${condition}
     order by d.id`;
}

function toDelivery(row: DeliveryRow): DeliverySummary {
  return {
    id: row.id,
    destination: { id: row.destination_id, name: row.destination_name ?? `Deleted destination ${row.destination_id}` },
    status: row.status,
    attempt_count: row.attempt_count,
    next_attempt_at: row.status === 'pending' ? (row.next_attempt_at?.toISOString() ?? null) : null,
    last_error: row.last_error,
    version: row.version
  };
}

type AttemptRow = Omit<DeliveryDetail['attempts'][number], 'started_at'> & { started_at: Date };

async function attemptsOf(sql: Sql | Transaction, deliveryId: string): Promise<DeliveryDetail['attempts']> {
  const rows = await sql<AttemptRow[]>`
    select number, started_at, duration_ms, outcome, status_code, error, detail
      from attempts where delivery_id = ${deliveryId} order by number`;
  return rows.map((row) => ({ ...row, started_at: row.started_at.toISOString() }));
}
