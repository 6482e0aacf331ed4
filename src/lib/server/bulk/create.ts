// A job is made: what it is about is fixed here. It covers messages received before this moment.

import type { JobKind, JobRecord } from '#lib/inbox/jobs.ts';
import { actorText, audit, type Actor } from '#lib/server/auth/audit.ts';
import type { Database, Sql } from '#lib/server/database/connect.ts';
import { resolveFilter, type ListFilter, type ResolvedFilter } from '#lib/server/log/list-filter.ts';
import { readJob } from './read.ts';

export interface NewJob {
  kind: JobKind;
  /** What it is about: message ids, or … */
  selection?: readonly string[] | undefined;
  /** … a filter. */
  filter?: ListFilter | undefined;
  destinationId?: number | undefined;
  /** It waits, prepared, until somebody starts it. */
  dryRun: boolean;
}

type Refused = {
  refused: 'unknown_source' | 'unknown_destination' | 'not_connected' | 'under_way' | 'nothing_chosen';
  message: string;
};

export interface JobMaking {
  database: Database;
  bulk: { nudge(): void };
}

/** Makes a job, with its audit line. */
export async function createJob(parts: JobMaking, job: NewJob, actor: Actor): Promise<JobRecord | Refused> {
  const refusal = await refusalOf(parts.database.web, job);
  if (refusal) return refusal;
  const filter = await fixedFilter(parts.database, job);
  if (filter === 'none')
    return { refused: 'unknown_source', message: `There is no source "${job.filter?.source ?? ''}".` };
  const id = await insert(parts.database.web, job, { filter, actor });
  if (id === null) {
    return {
      refused: 'under_way',
      message: 'A back-fill of this connection is under way already: wait for it, or cancel it.'
    };
  }
  parts.bulk.nudge();
  const made = await readJob(parts.database, id);
  if (!made) throw new Error(`Job ${id} was deleted as it was made.`);
  return made;
}

async function refusalOf(sql: Sql, job: NewJob): Promise<Refused | null> {
  if (job.filter === undefined && (job.selection ?? []).length === 0) {
    return { refused: 'nothing_chosen', message: 'No message was chosen: give a selection of ids, or a filter.' };
  }
  return (await unknownDestination(sql, job)) ?? (job.kind === 'backfill' ? notConnected(sql, job) : null);
}

async function unknownDestination(sql: Sql, { destinationId }: NewJob): Promise<Refused | null> {
  if (destinationId === undefined) return null;
  const found = await sql`select 1 from destinations where id = ${destinationId}`;
  if (found.length > 0) return null;
  return { refused: 'unknown_destination', message: `There is no destination ${destinationId}.` };
}

async function notConnected(sql: Sql, { filter, destinationId }: NewJob): Promise<Refused | null> {
  const source = filter?.source ?? '';
  const connected = await sql`
    select 1 from connections c join sources s on s.id = c.source_id
     where s.slug = ${source} and c.destination_id = ${destinationId ?? 0}`;
  if (connected.length > 0) return null;
  const message = `No connection leads from "${source}" to destination ${destinationId ?? '(none)'}: make it first.`;
  return { refused: 'not_connected', message };
}

/** What it means is settled now: a renamed source, or messages that come, change nothing. */
async function fixedFilter(database: Database, { kind, filter }: NewJob): Promise<ResolvedFilter | null | 'none'> {
  if (filter === undefined) return null;
  const [row] = await database.web<{ now: Date }[]>`select now()`;
  const now = (row?.now ?? new Date()).toISOString();
  const until = filter.until !== undefined && filter.until < now ? filter.until : now;
  const only = kind === 'reverify' ? ({ verification: 'invalid' } as const) : {};
  return (await resolveFilter(database, { ...filter, ...only, until })) ?? 'none';
}

/** @returns null when the same back-fill is under way */
async function insert(
  sql: Sql,
  job: NewJob,
  { filter, actor }: { filter: ResolvedFilter | null; actor: Actor }
): Promise<number | null> {
  const selection = filter === null ? [...new Set(job.selection)] : null;
  return sql.begin(async (transaction) => {
    const [row] = await transaction<{ id: number }[]>`
      insert into jobs (kind, starts_itself, selection, filter, destination_id, created_by)
      values (${job.kind}, ${!job.dryRun}, ${selection}::uuid[], ${filter === null ? null : JSON.stringify(filter)}::text::jsonb,
              ${job.destinationId ?? null}, ${actorText(actor)})
      on conflict do nothing
      returning id`;
    if (!row) return null;
    const detail = {
      ...{ kind: job.kind, messages: selection?.length ?? null, destination: job.destinationId ?? null },
      filter: filter === null ? null : JSON.stringify(job.filter)
    };
    await audit(transaction, { actor, action: 'job.created', subject: `job ${row.id}`, detail });
    return row.id;
  });
}
