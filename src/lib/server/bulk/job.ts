// A job as the engine holds it: what it is about, how far it is, and the lease that fences what is written for it.

import type { JobKind, JobRefusal, JobResults, JobState, JobVerdicts } from '#lib/inbox/jobs.ts';
import type { Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Preview } from '#lib/server/deliver/preview.ts';
import type { ResolvedFilter } from '#lib/server/log/list-filter.ts';

const LEASE_SECONDS = 10;
const CLAIM_LIMIT = 20;

export interface Lease {
  id: number;
  /** Nothing is written for the job unless it still has this token. */
  token: string;
}

/** Sums over job_items. */
export interface JobCounts {
  results: JobResults;
  verdicts: JobVerdicts;
}

/** What preparing has found so far. */
export interface PreviewTally {
  /** Deliveries by the destination's id. */
  destinations: Record<string, number>;
  refused: Partial<Record<JobRefusal, number>>;
  sample: (Preview & { message_id: string })[];
}

export interface HeldJob {
  lease: Lease;
  kind: JobKind;
  state: JobState;
  startsItself: boolean;
  isSelection: boolean;
  filter: ResolvedFilter | null;
  destinationId: number | null;
  /** The last message that was looked at. */
  position: string;
  walked: boolean;
  total: number;
  visited: number;
  counts: JobCounts;
  preview: PreviewTally;
}

/** Takes jobs that have something to do and that nobody holds. */
export async function claimJobs(sql: Sql, token: string): Promise<Lease[]> {
  const rows = await sql<{ id: number }[]>`
    update jobs set lease_token = ${token}, leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
     where id in (
       select id from jobs
        where finished_at is null and (leased_until is null or leased_until < now())
          and (state in ('preparing', 'running', 'cancelling') or state = 'paused' and exists (
                 select from job_items i where i.job_id = jobs.id and i.result in ('queued', 'retrying')))
        order by id limit ${CLAIM_LIMIT}
        for update skip locked)
    returning id`;
  return rows.map(({ id }) => ({ id, token }));
}

/** Keeps the leases that are still ours. */
export async function renewJobs(sql: Sql, token: string): Promise<void> {
  await sql`
    update jobs set leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
     where lease_token = ${token} and finished_at is null`;
}

/** Gives back, for others to take at once. */
export async function releaseJobs(sql: Sql, token: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update jobs set lease_token = null, leased_until = null where id in ${sql([...ids])} and lease_token = ${token}`;
}

interface HeldRow extends Omit<HeldJob, 'lease' | 'counts' | 'preview'> {
  counts: Partial<JobCounts>;
  preview: Partial<PreviewTally>;
}

/** The job as it is now; null when the lease is not ours any more. */
export async function readHeld(sql: Sql, lease: Lease): Promise<HeldJob | null> {
  const [row] = await sql<HeldRow[]>`
    select kind, state, starts_itself as "startsItself", selection is not null as "isSelection", filter,
           destination_id as "destinationId", position, walked, total, visited, counts, preview
      from jobs where id = ${lease.id} and lease_token = ${lease.token}`;
  if (!row) return null;
  const preview = { destinations: {}, refused: {}, sample: [], ...row.preview };
  return { ...row, lease, counts: fullCounts(row.counts), preview };
}

const NO_RESULTS: JobResults = { queued: 0, retrying: 0, succeeded: 0, already_applied: 0, failed: 0, refused: 0 };
const NO_VERDICTS: JobVerdicts = { fixed: 0, regressed: 0, still_failing: 0, still_passing: 0, new: 0 };

/** Every result and verdict, 0 where there is none. */
export function fullCounts({ results, verdicts }: Partial<JobCounts>): JobCounts {
  return { results: { ...NO_RESULTS, ...results }, verdicts: { ...NO_VERDICTS, ...verdicts } };
}

/** Somebody else has the job now, or it was paused or cancelled: what was to be written is not. */
export class Fenced extends Error {}

export type Progress = Pick<HeldJob, 'state' | 'position' | 'walked' | 'total' | 'visited' | 'counts' | 'preview'>;

/**
 * Does something for the job and writes its progress, in one transaction.
 * @param work returns what has changed of the job
 * @throws {Fenced} when the job is not ours any more or not in the state that it was read in; nothing is written then
 */
export async function advance(
  sql: Sql,
  job: HeldJob,
  work: (transaction: Transaction) => Promise<Partial<Progress>>
): Promise<void> {
  await sql.begin(async (transaction) => {
    // First, so that no two nodes are past this line at once.
    const held = await transaction`
      select 1 from jobs
       where id = ${job.lease.id} and lease_token = ${job.lease.token} and state = ${job.state} for update`;
    if (held.length === 0) throw new Fenced(`Job ${job.lease.id} is not ours any more, or not ${job.state}.`);
    await write(transaction, job, { ...job, ...(await work(transaction)) });
  });
}

async function write(transaction: Transaction, job: HeldJob, next: Progress): Promise<void> {
  const starts = next.state === 'running' && job.state === 'preparing';
  const ends = next.state === 'done' || next.state === 'cancelled';
  await transaction`
    update jobs
       set state = ${next.state}, position = ${next.position}, walked = ${next.walked}, total = ${next.total},
           visited = ${next.visited}, counts = ${JSON.stringify(next.counts)}::text::jsonb,
           preview = ${storable(next.preview)}::text::jsonb,
           started_at = case when ${Number(starts)}::int = 1 then now() else started_at end,
           finished_at = case when ${Number(ends)}::int = 1 then now() else finished_at end,
           leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
     where id = ${job.lease.id}`;
}

/** PostgreSQL's jsonb takes neither NUL nor half a character. */
function storable(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part
  );
}
