// What became of a job's deliveries: read from them, so that the delivering itself knows nothing of jobs.

import { verdictOf, type JobKind } from '#lib/inbox/jobs.ts';
import type { Sql } from '#lib/server/database/connect.ts';
import { recount, updateItems, type ItemChange, type OpenItem } from './items.ts';
import { advance, type HeldJob } from './job.ts';

const AT_ONCE = 1000;
/** An invalid message had no delivery: that it was refused is what may be fixed. */
const INVALID = { status: 'failed', attemptCount: 0 } as const;

/** Writes results that have become known. @returns whether there were any */
export async function settleItems(sql: Sql, job: HeldJob): Promise<boolean> {
  const { queued, retrying } = job.counts.results;
  if (queued + retrying === 0) return false;
  const open = await openItems(sql, job.lease.id);
  const changed = open.flatMap((item) => changeOf(job.kind, item) ?? []);
  if (changed.length === 0) return false;
  await advance(sql, job, async (transaction) => {
    await updateItems(transaction, job.lease.id, changed);
    return { counts: recount(job.counts, { changed }) };
  });
  return true;
}

/** Laterally: a join with the whole of the deliveries would read the whole of them. */
async function openItems(sql: Sql, jobId: number): Promise<OpenItem[]> {
  return sql<OpenItem[]>`
    select i.message_id as "messageId", i.destination_id as "destinationId", i.result as was,
           i.status_before as "statusBefore", i.attempts_before as "attemptsBefore",
           d.status, d.attempt_count as "attemptCount", d.last_error as "lastError", a.outcome
      from (
        select * from job_items i
         where i.job_id = ${jobId}
           and (i.result = 'queued' or i.result = 'retrying'
                and not exists (select from delivery_queue q where q.id = i.delivery_id))
         limit ${AT_ONCE}
      ) i
      left join lateral (
        select q.status, q.attempt_count, q.last_error from delivery_queue q where q.id = i.delivery_id
        union all
        select r.status, r.attempt_count, r.last_error from delivery_results r where r.id = i.delivery_id
      ) d on true
      left join lateral (
        select a.outcome from attempts a where a.delivery_id = i.delivery_id and a.number = d.attempt_count
      ) a on true`;
}

/** null: nothing that is not known already. */
function changeOf(kind: JobKind, item: OpenItem): ItemChange | null {
  const { messageId, destinationId, was, status, lastError } = item;
  const change = { messageId, destinationId, was };
  if (status === null) {
    return { ...change, result: 'failed', verdict: null, detail: 'The delivery is gone: its message was erased.' };
  }
  const verdict = verdictOf(beforeOf(kind, item), status);
  if (status === 'succeeded') {
    const result = item.outcome === 'already_applied' ? 'already_applied' : 'succeeded';
    return { ...change, result, verdict, detail: null };
  }
  if (status === 'failed') return { ...change, result: 'failed', verdict, detail: lastError };
  const wasTried = (item.attemptCount ?? 0) > item.attemptsBefore;
  return was === 'queued' && wasTried ? { ...change, result: 'retrying', verdict: null, detail: lastError } : null;
}

function beforeOf(kind: JobKind, { statusBefore, attemptsBefore }: OpenItem) {
  if (kind === 'reverify') return INVALID;
  return statusBefore === null ? null : { status: statusBefore, attemptCount: attemptsBefore };
}
