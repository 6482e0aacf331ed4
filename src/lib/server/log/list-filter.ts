// The inbox filter as SQL, over a row `m` of the log. Means what `matches` in lib/inbox/filter.ts means, and looks into
// the newest payloads too.

import type { InboxFilter } from '#lib/inbox/filter.ts';
import type { Database, Sql } from '#lib/server/database/connect.ts';
import { isUuid, timestampOf } from './read-ids.ts';
import { STATUSES_BY_RANK } from './summaries.ts';

/** `q` is looked for in the payloads of this many of the newest messages; further back only in ids, types and paths. */
const PAYLOAD_SEARCH_ROWS = 50_000;
/** Payloads above this many bytes are not searched: one of 25 MiB takes as long as 20,000 ordinary ones. */
const PAYLOAD_SEARCH_BYTES = 256 * 1024;

export interface ListFilter extends InboxFilter {
  /** Received before this time, ISO 8601. */
  until?: string;
}

/** A filter with its source looked up and its payload search bounded: what the SQL is made of. */
export interface ResolvedFilter extends ListFilter {
  sourceId: number | null;
  /** The oldest message whose payload is searched for `q`. */
  payloadsFrom: string;
}

type Condition = ReturnType<Sql>;

/**
 * Looks up what the SQL needs to know beforehand.
 * @returns null when nothing can match: an unknown source, or a text with a NUL, which PostgreSQL cannot hold
 */
export async function resolveFilter(database: Database, filter: ListFilter): Promise<ResolvedFilter | null> {
  const texts = [filter.source, filter.event_type, filter.q];
  if (texts.some((text) => text?.includes('\0'))) return null;
  const sourceId = await findSource(database, filter.source);
  if (sourceId === undefined) return null;
  return { ...filter, sourceId, payloadsFrom: await oldestSearchedPayload(database, filter.q, sourceId) };
}

async function findSource(database: Database, slug: string | undefined): Promise<number | null | undefined> {
  if (slug === undefined) return null;
  const [source] = await database.web<{ id: number }[]>`select id from sources where slug = ${slug}`;
  return source?.id;
}

async function oldestSearchedPayload(database: Database, q: string | undefined, sourceId: number | null) {
  const oldest = '00000000-0000-0000-0000-000000000000';
  if (q === undefined || isUuid(q)) return oldest;
  const sql = database.web;
  const [row] = await sql<{ id: string }[]>`
    select m.id from messages m
     where ${sourceId === null ? sql`true` : sql`m.source_id = ${sourceId}`}
     order by m.received_at desc, m.id desc
    offset ${PAYLOAD_SEARCH_ROWS} limit 1`;
  return row?.id ?? oldest;
}

/** What an index answers: source and time. */
export function indexedConditions(sql: Sql, filter: ResolvedFilter): Condition {
  return sql`
    ${filter.sourceId === null ? sql`true` : sql`m.source_id = ${filter.sourceId}`}
    and ${filter.since === undefined ? sql`true` : sql`m.received_at >= ${timestampOf(Date.parse(filter.since))}`}
    and ${filter.until === undefined ? sql`true` : sql`m.received_at < ${timestampOf(Date.parse(filter.until))}`}`;
}

/** What has to be looked at row by row. `worst.rank` must be joined when `filter.status` is given. */
export function rowConditions(sql: Sql, filter: ResolvedFilter): Condition {
  const rank = filter.status === undefined ? 0 : STATUSES_BY_RANK.indexOf(filter.status) + 1;
  return sql`
    ${filter.verification === undefined ? sql`true` : sql`m.verification = ${filter.verification}`}
    and ${filter.event_type === undefined ? sql`true` : sql`coalesce(m.event_type, '') like ${globPattern(filter.event_type)}`}
    and ${rank === 0 ? sql`true` : sql`worst.rank = ${rank}`}
    and ${filter.q === undefined ? sql`true` : textCondition(sql, filter.q, filter.payloadsFrom)}`;
}

/**
 * The payload is compared as text, never through JSON operators: one stored \u0000 would make those fail for the whole
 * query. What is not JSON is compared as bytes, so there case counts.
 */
function textCondition(sql: Sql, q: string, payloadsFrom: string): Condition {
  const pattern = `%${escapeLike(q)}%`;
  return sql`(
    m.event_id ilike ${pattern} or m.event_type ilike ${pattern} or m.path ilike ${pattern} or m.query ilike ${pattern}
    or m.id::text like ${pattern.toLowerCase()}
    or (m.id >= ${payloadsFrom} and m.size <= ${PAYLOAD_SEARCH_BYTES}
        and (m.payload::text ilike ${pattern} or position(${Buffer.from(q)} in m.body) > 0)))`;
}

function globPattern(glob: string): string {
  return glob.split('*').map(escapeLike).join('%');
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
