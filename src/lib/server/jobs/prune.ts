// Prune: makes the partitions of the next days and drops those past the retention, with all that hangs on them.
// Messages that still have something to be delivered move to messages_kept first. Hourly, on one node at a time.

import type { Sql } from '#lib/server/database/connect.ts';
import {
  DAY_MS,
  dropPartition,
  ensurePartitions,
  finishDrops,
  listPartitions,
  startOfDay,
  stillThere,
  type Partition
} from '#lib/server/database/partitions.ts';
import { emptySmallTables, keepUnfinished, pruneShortRetention } from './prune-rows.ts';

const DAYS_AHEAD = 7;
/** More than this in one run waits for a second run to confirm: a clock a week ahead must not empty the log. */
const MAX_DAYS_UNCONFIRMED = 2;
const CONFIRM_AFTER_MS = 30 * 60_000;
const LEASE = 'prune_lease';
/** A run takes seconds; one whose node died holds up the next no longer than this. */
const LEASE_MINUTES = 15;

export interface PruneOptions {
  /** A pool of one connection: the lock belongs to its session, and whatever loses the lock can't go on. */
  sql: Sql;
  /** Milliseconds, the database's clock. */
  now: number;
  retentionDays: number;
}

/** What a run did; also the JSON in prune_runs. */
export interface PruneDetail {
  created: string[];
  dropped: string[];
  /** Days that wait for a confirming run, YYYY-MM-DD. */
  waiting: string[];
  kept: number;
  removed_by_source_retention: number;
  event_keys: number;
  still_there: string[];
}

export type PruneOutcome = 'done' | 'waiting' | 'failed' | 'busy';

/**
 * One run. Safe on all nodes at once: a lease lets one through, the others return `busy`. Not an advisory lock: that
 * holds a connection that does nothing meanwhile, which no transaction pooler allows, and postgres.js ends the process
 * when such a connection is used after it was lost.
 * @throws what the database throws; the run is then recorded as failed
 */
export async function prune(options: PruneOptions): Promise<{ outcome: PruneOutcome; detail: PruneDetail | null }> {
  const { sql } = options;
  const taken = await sql`
    insert into settings (name, value) values (${LEASE}, to_jsonb(now() + ${LEASE_MINUTES} * interval '1 minute'))
    on conflict (name) do update set value = excluded.value, updated_at = now()
     where (settings.value #>> '{}')::timestamptz < now()
    returning 1`;
  if (taken.length === 0) return { outcome: 'busy', detail: null };
  try {
    return await recorded(options);
  } finally {
    await sql`delete from settings where name = ${LEASE}`;
  }
}

async function recorded(options: PruneOptions): Promise<{ outcome: PruneOutcome; detail: PruneDetail }> {
  const { sql, now } = options;
  const started = new Date(now);
  try {
    const detail = await run(options);
    const outcome = detail.still_there.length > 0 ? 'failed' : detail.waiting.length > 0 ? 'waiting' : 'done';
    await record(sql, { started, outcome, detail: { ...detail } });
    return { outcome, detail };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await record(sql, { started, outcome: 'failed', detail: { error: message } });
    throw error;
  }
}

async function record(
  sql: Sql,
  run: { started: Date; outcome: PruneOutcome; detail: Record<string, unknown> }
): Promise<void> {
  await sql`
    insert into prune_runs (started_at, finished_at, outcome, detail)
    values (${run.started}, greatest(now(), ${run.started}), ${run.outcome}, ${JSON.stringify(run.detail)}::text::jsonb)`;
}

async function run({ sql, now, retentionDays }: PruneOptions): Promise<PruneDetail> {
  const finished = await finishDrops(sql);
  const created = await ensurePartitions(sql, new Date(now - DAY_MS), DAYS_AHEAD + 2);
  const { drop, waiting } = await choose(sql, now, retentionDays);
  let kept = 0;
  for (const day of distinctDays(drop)) kept += await keepUnfinished(sql, day);
  for (const partition of drop) await dropPartition(sql, partition);
  const dropped = [...finished, ...drop.map((partition) => partition.name)];
  return {
    created,
    dropped,
    waiting,
    kept,
    removed_by_source_retention: await pruneShortRetention(sql, now, retentionDays),
    event_keys: await emptySmallTables(sql, now, retentionDays),
    still_there: await stillThere(sql, dropped)
  };
}

/** What is past the retention, and whether it may go now. */
async function choose(sql: Sql, now: number, retentionDays: number): Promise<{ drop: Partition[]; waiting: string[] }> {
  const cutoff = now - retentionDays * DAY_MS;
  const old = (await listPartitions(sql)).filter((partition) => partition.day.getTime() + DAY_MS <= cutoff);
  const days = distinctDays(old).map((day) => day.toISOString().slice(0, 10));
  if (days.length <= MAX_DAYS_UNCONFIRMED || (await isConfirmed(sql, now, days))) return { drop: old, waiting: [] };
  return { drop: [], waiting: days };
}

/** True when the last run, some time ago, wanted to drop these days too. */
async function isConfirmed(sql: Sql, now: number, days: readonly string[]): Promise<boolean> {
  const [last] = await sql<{ outcome: string; waiting: string[] | null; started_at: Date }[]>`
    select outcome, detail -> 'waiting' as waiting, started_at from prune_runs order by id desc limit 1`;
  if (last?.outcome !== 'waiting' || now - last.started_at.getTime() < CONFIRM_AFTER_MS) return false;
  const waited = new Set(last.waiting);
  return days.every((day) => waited.has(day));
}

const distinctDays = (partitions: readonly Partition[]): Date[] =>
  [...new Set(partitions.map((partition) => startOfDay(partition.day).getTime()))].map((ms) => new Date(ms));

/** The last runs, newest first. */
export async function listPruneRuns(sql: Sql, limit: number) {
  return sql<
    { id: number; started_at: Date; finished_at: Date | null; outcome: string; detail: Partial<PruneDetail> }[]
  >`
    select id, started_at, finished_at, outcome, detail from prune_runs order by id desc limit ${limit}`;
}

/** Milliseconds since the last run that did its work; null: none yet. */
export async function pruneAge(sql: Sql): Promise<number | null> {
  const [row] = await sql<{ ms: number | null }[]>`
    select (extract(epoch from now() - max(finished_at)) * 1000)::float8 as ms
      from prune_runs where outcome in ('done', 'waiting')`;
  return row?.ms ?? null;
}
