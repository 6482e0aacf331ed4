// Jobs as browser, API and server share them: many messages delivered or verified again, with what became of each.

import type { DeliveryStatus, Effect } from './types.ts';

export const JOB_KINDS = ['redeliver', 'backfill', 'reverify'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_STATES = [
  ...(['preparing', 'ready', 'running', 'paused', 'cancelling'] as const),
  ...(['cancelled', 'done', 'failed'] as const)
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** `queued` and `retrying` are on their way; the others are final. */
export const JOB_RESULTS = ['queued', 'retrying', 'succeeded', 'already_applied', 'failed', 'refused'] as const;
export type JobResult = (typeof JOB_RESULTS)[number];

export const VERDICTS = ['fixed', 'regressed', 'still_failing', 'still_passing', 'new'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a message of a job goes nowhere. */
export const JOB_REFUSALS = [
  ...(['gone', 'not_received_valid', 'duplicate', 'no_destination'] as const),
  ...(['still_invalid', 'not_invalid', 'not_received', 'body_not_kept', 'source_gone', 'nothing_verified'] as const)
] as const;
export type JobRefusal = (typeof JOB_REFUSALS)[number];

export type JobResults = Record<JobResult, number>;
export type JobVerdicts = Record<Verdict, number>;

/** What a job would do. Complete once the job is `ready`. */
export interface JobPreview {
  /** Deliveries by destination. */
  destinations: { id: number; name: string; count: number }[];
  /** Messages, or deliveries to a handler, that would be refused, by reason. */
  refused: { reason: JobRefusal; count: number }[];
  /** The first few messages, tried and taken back. */
  sample: {
    message_id: string;
    destination: { id: number; name: string };
    outcome: string;
    summary: string;
    effects: Effect[];
  }[];
}

export interface JobRecord {
  id: number;
  kind: JobKind;
  state: JobState;
  created_by: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** How many messages were chosen one by one; null: a filter chose them. */
  selected: number | null;
  filter: Record<string, string> | null;
  /** null: all that each message has gone or would go to. */
  destination: { id: number; name: string } | null;
  /** Messages it is about; still growing while it is `preparing`. */
  total: number;
  /** Messages that it has taken so far. */
  visited: number;
  results: JobResults;
  verdicts: JobVerdicts;
  preview: JobPreview;
  error: string | null;
}

export interface JobItem {
  message_id: string;
  /** null: the message as a whole. */
  destination: { id: number; name: string } | null;
  delivery_id: string | null;
  status_before: DeliveryStatus | null;
  result: JobResult;
  verdict: Verdict | null;
  detail: string | null;
}

/** Nothing more happens to it by itself. */
export function isOver(state: JobState): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed';
}

/**
 * What a re-delivery changed.
 * @param before what the delivery was; null: there was none. One that waits for another try has failed so far
 * @param after what it is now; null while it is not over
 */
export function verdictOf(
  before: { status: DeliveryStatus; attemptCount: number } | null,
  after: DeliveryStatus
): Verdict | null {
  if (after === 'pending' || after === 'held') return null;
  if (before === null || (isOpen(before.status) && before.attemptCount === 0)) return 'new';
  if (before.status === 'succeeded') return after === 'succeeded' ? 'still_passing' : 'regressed';
  return after === 'succeeded' ? 'fixed' : 'still_failing';
}

const isOpen = (status: DeliveryStatus): boolean => status === 'pending' || status === 'held';
/** Something moves without anybody doing anything. */
export function isMoving({ state, results }: Pick<JobRecord, 'state' | 'results'>): boolean {
  if (state === 'paused') return results.queued + results.retrying > 0;
  return state === 'preparing' || state === 'running' || state === 'cancelling';
}
