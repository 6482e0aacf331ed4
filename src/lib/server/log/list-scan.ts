// Finding the ids of a page. Two ways to walk: along the log, or, for a status that few messages have, along the
// deliveries that have it. Either goes chunk by chunk, so that no filter can make one statement read everything.

import type { Database, Sql } from '#lib/server/database/connect.ts';
import type { ListCursor } from './list-cursor.ts';
import { indexedConditions, rowConditions, type ResolvedFilter } from './list-filter.ts';
import { idsOfMillisecond, millisecondOf, receivedAtOf } from './read-ids.ts';
import { allMessages, messagesById, worstStatus } from './summaries.ts';

export const FIRST_CHUNK_ROWS = 2_000;
const CHUNK_GROWTH = 4;
const MAX_CHUNK_ROWS = 50_000;
/** Deliveries lead to their messages one by one: a smaller bite. */
const DELIVERIES_SHARE = 0.1;

export interface ScanRequest {
  database: Database;
  filter: ResolvedFilter;
  from: ListCursor;
  count: number;
  /** Milliseconds after which no further chunk is begun. */
  budgetMs: number;
  /** Rows of the first chunk; those that follow are larger. */
  chunkRows: number;
}

export interface ScanResult {
  /** In scanning order: newest first towards older, oldest first towards newer. */
  ids: string[];
  /** Where to go on when the time was up before the page was full; null when the end was reached. */
  resume: string | null;
}

/** Ids of the messages that pass, beside `from`, at most `count`; fewer with `resume` set when the time was up. */
export async function scan(request: ScanRequest): Promise<ScanResult> {
  const walk = alongDeliveries(request.filter) ? scanDeliveries : scanLog;
  const deadline = performance.now() + request.budgetMs;
  const ids: string[] = [];
  let from = request.from;
  for (let { chunkRows } = request; ; chunkRows = Math.min(chunkRows * CHUNK_GROWTH, MAX_CHUNK_ROWS)) {
    const found = await walk({ ...request, from, count: request.count - ids.length, chunkRows });
    ids.push(...found.ids);
    if (found.resume === null || ids.length >= request.count) return { ids, resume: null };
    if (performance.now() > deadline) return { ids, resume: found.resume };
    from = { ...from, id: found.resume };
  }
}

function alongDeliveries(filter: ResolvedFilter): boolean {
  return filter.status === 'failed' || filter.status === 'held' || filter.status === 'pending';
}

/** The next rows of the log that come after `from`, in either direction. */
function chunkOfLog({ database, filter, from }: ScanRequest) {
  const sql = database.web;
  const [at, older] = [receivedAtOf(from.id), from.direction === 'older'];
  const direction = older ? sql`desc` : sql`asc`;
  return {
    order: sql`order by m.received_at ${direction}, m.id ${direction}`,
    // The first comparison adds nothing to the second but an index condition for (source_id, received_at).
    beside: older
      ? sql`m.received_at <= ${at} and (m.received_at, m.id) < (${at}, ${from.id})`
      : sql`m.received_at >= ${at} and (m.received_at, m.id) > (${at}, ${from.id})`,
    indexed: indexedConditions(sql, filter)
  };
}

async function scanLog(step: ScanRequest): Promise<ScanResult> {
  const sql = step.database.web;
  const { order, beside, indexed } = chunkOfLog(step);
  const rows = await sql<{ id: string }[]>`
    select m.id
      from (select * from ${allMessages(sql)} m where ${beside} and ${indexed} ${order} limit ${step.chunkRows}) m
      ${step.filter.status === undefined ? sql`` : worstStatus(sql)}
     where ${rowConditions(sql, step.filter)}
     ${order}
     limit ${step.count}`;
  const ids = rows.map((row) => row.id);
  if (ids.length >= step.count) return { ids, resume: ids.at(-1) ?? null };
  const [last] = await sql<{ id: string }[]>`
    select m.id from ${allMessages(sql)} m where ${beside} and ${indexed} ${order}
    offset ${step.chunkRows - 1} limit 1`;
  return { ids, resume: last?.id ?? null };
}

/**
 * Walks the deliveries with the status instead: they are in the order of their messages up to the millisecond. A chunk
 * is therefore widened to whole milliseconds, or messages of one millisecond would come out of order or twice.
 */
async function scanDeliveries(step: ScanRequest): Promise<ScanResult> {
  const sql = step.database.web;
  const chunk = await chunkOfDeliveries(step);
  if (chunk.messageIds.length === 0) return { ids: [], resume: null };
  const { order, beside, indexed } = chunkOfLog(step);
  const rows = await sql<{ id: string }[]>`
    select m.id
      from ${messagesById(sql, chunk.messageIds)}
      ${worstStatus(sql)}
     where ${beside} and ${indexed} and ${rowConditions(sql, step.filter)}
     ${order}
     limit ${step.count}`;
  const ids = rows.map((row) => row.id);
  return { ids, resume: ids.length >= step.count ? (ids.at(-1) ?? null) : chunk.resume };
}

interface DeliveryChunk {
  messageIds: string[];
  /** In the next millisecond: no message has this very id, which ends where uuids of version 7 never do. */
  resume: string | null;
}

async function chunkOfDeliveries(step: ScanRequest): Promise<DeliveryChunk> {
  const sql = step.database.web;
  const older = step.from.direction === 'older';
  const rows = Math.ceil(step.chunkRows * DELIVERIES_SHARE);
  const deliveries = deliveriesWithStatus(sql, step.filter);
  const { first, last } = idsOfMillisecond(millisecondOf(step.from.id));
  const beside = older ? sql`d.id <= ${last}` : sql`d.id >= ${first}`;
  const direction = older ? sql`desc` : sql`asc`;
  const [edge] = await sql<{ id: string }[]>`
    select d.id from ${deliveries} where ${beside} order by d.id ${direction} offset ${rows - 1} limit 1`;
  const end = edge === undefined ? null : millisecondOf(edge.id);
  const found = await sql<{ message_id: string }[]>`
    select distinct d.message_id from ${deliveries} where ${beside} and ${end === null ? sql`true` : upTo(sql, end, older)}`;
  const resume = end === null ? null : older ? idsOfMillisecond(end - 1).last : idsOfMillisecond(end + 1).first;
  return { messageIds: found.map((row) => row.message_id), resume };
}

/** Up to a millisecond, the whole of it. */
function upTo(sql: Sql, millisecond: number, older: boolean) {
  const { first, last } = idsOfMillisecond(millisecond);
  return older ? sql`d.id >= ${first}` : sql`d.id <= ${last}`;
}

function deliveriesWithStatus(sql: Sql, filter: ResolvedFilter) {
  const source = filter.sourceId === null ? sql`true` : sql`source_id = ${filter.sourceId}`;
  // The status stands in the statement itself: a parameter would hide the partial index from the planner.
  if (filter.status === 'failed')
    return sql`(select id, message_id from delivery_results where status = 'failed' and ${source}) d`;
  const held = sql`
    destination_id in (select destination_id from destination_states where paused_at is not null or held_at is not null)`;
  const wanted = filter.status === 'held' ? held : sql`not (${held})`;
  return sql`(select id, message_id from delivery_queue where ${wanted} and ${source}) d`;
}
