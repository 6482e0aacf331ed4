// The rows that say what became of each message of a job, and the sums over them.

import type { DeliveryStatus } from '#lib/inbox/types.ts';
import type { JobResult, Verdict } from '#lib/inbox/jobs.ts';
import type { Transaction } from '#lib/server/database/connect.ts';
import type { Before } from '#lib/server/deliver/targets.ts';
import type { JobCounts } from './job.ts';

const DETAIL_CHARACTERS = 500;

export interface NewItem {
  messageId: string;
  /** 0: the message as a whole. */
  destinationId: number;
  deliveryId: string | null;
  before: Before | null;
  result: JobResult;
  verdict: Verdict | null;
  detail: string | null;
}

export interface ItemChange {
  messageId: string;
  destinationId: number;
  was: JobResult;
  result: JobResult;
  verdict: Verdict | null;
  detail: string | null;
}

/** PostgreSQL's text takes no NUL; errors quote what strangers sent. */
const cleanDetail = (detail: string | null): string | null =>
  detail?.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, DETAIL_CHARACTERS) ?? null;

/** One that is there already makes the whole transaction fail: nothing is queued twice by one job. */
export async function insertItems(transaction: Transaction, jobId: number, items: readonly NewItem[]): Promise<void> {
  if (items.length === 0) return;
  const column = <T>(value: (item: NewItem) => T): T[] => items.map(value);
  await transaction`
    insert into job_items
      (job_id, message_id, destination_id, delivery_id, status_before, attempts_before, result, verdict, detail)
    select ${jobId}::int, * from unnest(
      ${column((item) => item.messageId)}::uuid[], ${column((item) => item.destinationId)}::int[],
      ${column((item) => item.deliveryId)}::uuid[], ${column((item) => item.before?.status ?? null)}::text[],
      ${column((item) => item.before?.attemptCount ?? 0)}::int[], ${column((item) => item.result)}::text[],
      ${column((item) => item.verdict)}::text[], ${column((item) => cleanDetail(item.detail))}::text[])`;
}

export async function updateItems(
  transaction: Transaction,
  jobId: number,
  changes: readonly ItemChange[]
): Promise<void> {
  const column = <T>(value: (change: ItemChange) => T): T[] => changes.map(value);
  await transaction`
    update job_items i set result = c.result, verdict = c.verdict, detail = c.detail
      from unnest(
        ${column((change) => change.messageId)}::uuid[], ${column((change) => change.destinationId)}::int[],
        ${column((change) => change.result)}::text[], ${column((change) => change.verdict)}::text[],
        ${column((change) => cleanDetail(change.detail))}::text[]
      ) as c (message_id, destination_id, result, verdict, detail)
     where i.job_id = ${jobId} and i.message_id = c.message_id and i.destination_id = c.destination_id`;
}

/** The sums with these items, and with these that have changed; an item gets its verdict once, at the end. */
export function recount(
  counts: JobCounts,
  { made = [], changed = [] }: { made?: readonly NewItem[]; changed?: readonly ItemChange[] }
): JobCounts {
  const [results, verdicts] = [{ ...counts.results }, { ...counts.verdicts }];
  for (const { was } of changed) results[was] -= 1;
  for (const { result, verdict } of [...made, ...changed]) {
    results[result] += 1;
    if (verdict !== null) verdicts[verdict] += 1;
  }
  return { results, verdicts };
}

/** A row of job_items whose delivery may have moved. */
export interface OpenItem {
  messageId: string;
  destinationId: number;
  was: JobResult;
  statusBefore: DeliveryStatus | null;
  attemptsBefore: number;
  /** Of the delivery now; null: it is gone. */
  status: DeliveryStatus | null;
  attemptCount: number | null;
  lastError: string | null;
  /** Of its last attempt. */
  outcome: string | null;
}
