// What a job, its results and its verdicts are called: one table, so that every screen says the same.

import { formatCount } from './format.ts';
import type { JobRecord, JobRefusal, JobResult, JobState, Verdict } from './jobs.ts';

export const STATE_WORDS: Record<JobState, string> = {
  preparing: 'Counting',
  ready: 'Not started',
  running: 'Running',
  paused: 'Paused',
  cancelling: 'Stopping',
  cancelled: 'Cancelled',
  done: 'Done',
  failed: 'Failed'
};

export const RESULT_WORDS: Record<JobResult, string> = {
  queued: 'On its way',
  retrying: 'Tried again later',
  succeeded: 'Succeeded',
  already_applied: 'Already applied',
  failed: 'Failed',
  refused: 'Refused'
};

export const VERDICT_WORDS: Record<Verdict, string> = {
  fixed: 'Fixed',
  regressed: 'Regressed',
  still_failing: 'Still failing',
  still_passing: 'Still passing',
  new: 'New'
};

export const REFUSAL_WORDS: Record<JobRefusal, string> = {
  gone: 'erased, or past the retention',
  not_received_valid: 'not received valid: a job does not send those, and handlers refuse them',
  duplicate: 'the same event as another message, which has its deliveries',
  no_destination: 'no destination takes them',
  still_invalid: 'still invalid with the secrets that the source has now',
  not_invalid: 'not invalid',
  not_received: 'made here, not sent by a sender',
  body_not_kept: 'the body was not kept',
  source_gone: 'the source was deleted',
  nothing_verified: 'the source verifies nothing now'
};

/** "Re-deliver 3 messages", "Back-fill crm with 12,431 messages", "Verify 1 message again". */
export function jobTitle({ kind, total, destination }: Pick<JobRecord, 'kind' | 'total' | 'destination'>): string {
  const messages = formatCount(total, 'message');
  if (kind === 'reverify') return `Verify ${messages} again`;
  if (kind === 'backfill') return `Back-fill ${destination?.name ?? ''} with ${messages}`;
  return `Re-deliver ${messages}${destination === null ? '' : ` to ${destination.name}`}`;
}

/** What it is about: "chosen one by one", "source: stripe, status: failed". */
export function jobScope({ selected, filter }: Pick<JobRecord, 'selected' | 'filter'>): string {
  if (selected !== null) return 'chosen one by one';
  const parts = Object.entries(filter ?? {}).map(([name, value]) => `${name.replaceAll('_', ' ')}: ${value}`);
  return parts.join(', ');
}

/** How much of it is over, 0 to 1. */
export function jobProgress({ state, total, visited, results }: JobRecord): number {
  if (state === 'done') return 1;
  const made = Object.values(results).reduce((sum, count) => sum + count, 0);
  if (total === 0 || made === 0) return 0;
  const over = (made - results.queued - results.retrying) / made;
  return Math.min(1, (visited / total) * over);
}
