// Jobs as API and pages show them.

import type { DeliveryStatus } from '#lib/inbox/types.ts';
import {
  JOB_REFUSALS,
  type JobItem,
  type JobKind,
  type JobRecord,
  type JobResult,
  type JobState,
  type Verdict
} from '#lib/inbox/jobs.ts';
import type { Database, Sql } from '#lib/server/database/connect.ts';
import { isUuid } from '#lib/server/log/read-ids.ts';
import { fullCounts, type JobCounts, type PreviewTally } from './job.ts';

interface JobRow {
  id: number;
  kind: JobKind;
  state: JobState;
  created_by: string;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  selected: number | null;
  filter: Record<string, unknown> | null;
  destination_id: number | null;
  total: number;
  visited: number;
  counts: Partial<JobCounts>;
  preview: Partial<PreviewTally>;
  error: string | null;
}

/** One job; null when there is none. */
export async function readJob(database: Database, id: number): Promise<JobRecord | null> {
  return (await readRows(database, { condition: (sql) => sql`id = ${id}`, limit: 1 }))[0] ?? null;
}

/** Newest first, after the one with the id `before`. */
export async function listJobs(
  database: Database,
  { before, limit }: { before: number | null; limit: number }
): Promise<{ data: JobRecord[]; next_cursor: string | null }> {
  const jobs = await readRows(database, {
    condition: (sql) => (before === null ? sql`true` : sql`id < ${before}`),
    limit: limit + 1
  });
  const data = jobs.slice(0, limit);
  return { data, next_cursor: jobs.length > limit ? String(data.at(-1)?.id) : null };
}

async function readRows(
  database: Database,
  { condition, limit }: { condition: (sql: Sql) => ReturnType<Sql>; limit: number }
): Promise<JobRecord[]> {
  const rows = await database.web<JobRow[]>`
    select id, kind, state, created_by, created_at, started_at, finished_at, cardinality(selection) as selected, filter,
           destination_id, total, visited, counts, preview, error
      from jobs where ${condition(database.web)} order by id desc limit ${limit}`;
  const names = await destinationNames(database);
  return rows.map((row) => toRecord(row, names));
}

type Names = ReadonlyMap<number, string>;

async function destinationNames({ web }: Database): Promise<Names> {
  const rows = await web<{ id: number; name: string }[]>`select id, name from destinations`;
  return new Map(rows.map(({ id, name }) => [id, name]));
}

const named = (id: number, names: Names) => ({ id, name: names.get(id) ?? `Deleted destination ${id}` });

function toRecord({ counts, preview, destination_id: destinationId, ...row }: JobRow, names: Names): JobRecord {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    filter: row.filter && shownFilter(row.filter),
    destination: destinationId === null ? null : named(destinationId, names),
    ...fullCounts(counts),
    preview: {
      destinations: Object.entries(preview.destinations ?? {}).map(([id, count]) => ({
        ...named(Number(id), names),
        count
      })),
      refused: JOB_REFUSALS.flatMap((reason) => {
        const count = preview.refused?.[reason] ?? 0;
        return count > 0 ? [{ reason, count }] : [];
      }),
      sample: preview.sample ?? []
    }
  };
}

const SHOWN = ['source', 'status', 'verification', 'event_type', 'q', 'since', 'until'];

/** As it was given, without what was looked up for it. */
function shownFilter(filter: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    SHOWN.flatMap((name) => (typeof filter[name] === 'string' ? [[name, filter[name]] as const] : []))
  );
}

interface ItemRow {
  message_id: string;
  destination_id: number;
  delivery_id: string | null;
  status_before: DeliveryStatus | null;
  result: JobResult;
  verdict: Verdict | null;
  detail: string | null;
}

export interface ItemQuery {
  result?: JobResult | undefined;
  verdict?: Verdict | undefined;
  /** From an earlier page. */
  cursor?: string | undefined;
  limit: number;
}

/** What became of each message, in the order in which they were received. */
export async function listItems(
  database: Database,
  jobId: number,
  query: ItemQuery
): Promise<{ data: JobItem[]; next_cursor: string | null }> {
  const sql = database.web;
  const from = parseItemCursor(query.cursor);
  const rows = await sql<ItemRow[]>`
    select message_id, destination_id, delivery_id, status_before, result, verdict, detail
      from job_items
     where job_id = ${jobId}
       and ${query.result === undefined ? sql`true` : sql`result = ${query.result}`}
       and ${query.verdict === undefined ? sql`true` : sql`verdict = ${query.verdict}`}
       and ${from === null ? sql`true` : sql`(message_id, destination_id) > (${from.messageId}, ${from.destinationId})`}
     order by message_id, destination_id limit ${query.limit + 1}`;
  const names = await destinationNames(database);
  const data = rows.slice(0, query.limit).map(({ destination_id: id, ...row }) => ({
    ...row,
    destination: id === 0 ? null : named(id, names)
  }));
  const last = rows[query.limit - 1];
  const hasMore = rows.length > query.limit && last !== undefined;
  return { data, next_cursor: hasMore ? `${last.message_id}.${last.destination_id}` : null };
}

/** null for what listItems did not write. */
export function parseItemCursor(text: string | undefined): { messageId: string; destinationId: number } | null {
  const [messageId = '', destinationId = ''] = text?.split('.') ?? [];
  return isUuid(messageId) && /^\d{1,9}$/.test(destinationId)
    ? { messageId, destinationId: Number(destinationId) }
    : null;
}
