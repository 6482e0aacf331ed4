// Reading the log: pages of the inbox, newest first, by keyset both ways. A page is found in two steps: which ids
// (list-scan.ts), then their lines (summaries.ts).

import type { InboxFilter } from '#lib/inbox/filter.ts';
import type { MessageSummary } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { formatCursor, parseCursor, type ListCursor } from './list-cursor.ts';
import { indexedConditions, resolveFilter, rowConditions, type ListFilter } from './list-filter.ts';
import { FIRST_CHUNK_ROWS, scan, type ScanResult } from './list-scan.ts';
import { isUuid } from './read-ids.ts';
import { loadSummaries, messagesById, worstStatus } from './summaries.ts';

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 1000;

/** After this long a short page with a cursor is better than a longer wait. */
const PAGE_BUDGET_MS = 1_500;

export interface ListQuery extends ListFilter {
  /** Messages a page, 1 to MAX_PAGE_SIZE. */
  limit?: number;
  /** From an earlier page's next_cursor or previous_cursor; one that cannot be read starts at the newest. */
  cursor?: string | null;
}

export interface MessagePage {
  data: MessageSummary[];
  /** To what is older; null when nothing is. A page may be short, even empty, and still have one: see scan(). */
  next_cursor: string | null;
  /** To what is newer; null on the first page. */
  previous_cursor: string | null;
}

const NEWEST: ListCursor = { direction: 'older', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
const EMPTY_PAGE: MessagePage = { data: [], next_cursor: null, previous_cursor: null };

/** One page of the log. Messages that arrive meanwhile move nothing: a page begins at a message, not at a number. */
export async function listMessages(database: Database, query: ListQuery): Promise<MessagePage> {
  const filter = await resolveFilter(database, query);
  if (filter === null) return EMPTY_PAGE;
  const limit = Math.min(Math.max(query.limit ?? DEFAULT_PAGE_SIZE, 1), MAX_PAGE_SIZE);
  const cursor = parseCursor(query.cursor ?? '');
  const from = cursor ?? NEWEST;
  // One more than the page holds tells whether there is another.
  const found = await scan({
    database,
    filter,
    from,
    count: limit + 1,
    budgetMs: PAGE_BUDGET_MS,
    chunkRows: FIRST_CHUNK_ROWS
  });
  const beyond = found.ids.length > limit ? (found.ids[limit - 1] ?? null) : found.resume;
  const ids = found.ids.slice(0, limit);
  return {
    data: await loadSummaries(database, ids),
    ...cursors({ ids, resume: beyond }, from, cursor === null)
  };
}

/**
 * The newest `limit` messages received at a time or later that pass, newest first: what a stream replays. Walks as far
 * as it takes, since a replay with a gap is worth nothing.
 */
export async function summariesSince(
  database: Database,
  query: { since: Date; limit: number; filter: InboxFilter }
): Promise<MessageSummary[]> {
  const { since, limit } = query;
  const from = Math.max(Date.parse(query.filter.since ?? '') || 0, since.getTime());
  const filter = await resolveFilter(database, { ...query.filter, since: new Date(from).toISOString() });
  if (filter === null) return [];
  const found = await scan({
    database,
    filter,
    from: NEWEST,
    count: limit,
    budgetMs: Number.POSITIVE_INFINITY,
    chunkRows: FIRST_CHUNK_ROWS
  });
  return loadSummaries(database, found.ids);
}

/** Those of the ids whose messages exist and pass, newest first. */
export async function matchingSummaries(
  database: Database,
  ids: readonly string[],
  filter: InboxFilter
): Promise<MessageSummary[]> {
  const [resolved, known] = [await resolveFilter(database, filter), ids.filter(isUuid)];
  if (resolved === null || known.length === 0) return [];
  const sql = database.web;
  const rows = await sql<{ id: string }[]>`
    select m.id from ${messagesById(sql, known)} ${worstStatus(sql)}
     where ${indexedConditions(sql, resolved)} and ${rowConditions(sql, resolved)}`;
  return loadSummaries(
    database,
    rows.map((row) => row.id)
  );
}

/** @param page ids in scanning order, and where scanning goes on */
function cursors(page: ScanResult, from: ListCursor, first: boolean) {
  const older = (id: string | null) => (id === null ? null : formatCursor({ direction: 'older', id }));
  const newer = (id: string | null) => (id === null ? null : formatCursor({ direction: 'newer', id }));
  if (from.direction === 'older') {
    return { next_cursor: older(page.resume), previous_cursor: first ? null : newer(page.ids[0] ?? from.id) };
  }
  return { next_cursor: older(page.ids[0] ?? NEWEST.id), previous_cursor: newer(page.resume) };
}
