// Runs deliveries to HTTP destinations: at least once, by the destination's schedule.

import { HTTP_ROOM } from '../hands.ts';
import type { Runner } from '../lanes.ts';
import { settle, type Settled } from '../queue.ts';
import type { BatchOutcome } from '../run-handlers.ts';
import type { Work } from '../work.ts';
import type { Response } from './send.ts';
import { readTarget, type Target, type TargetParts } from './target.ts';
import { tryOnce, type TryParts } from './try.ts';

const CONCURRENCY = 16;
const GONE = 410;
/** All that were told the same Retry-After come back a little apart. */
const LATER_BY = 0.1;

export type HttpParts = TargetParts & TryParts;

/** How to run the deliveries of one destination. */
export function createHttpRunner(
  parts: HttpParts,
  destinationId: number,
  told: (outcome: BatchOutcome) => void
): Runner {
  async function run(batch: readonly Work[]): Promise<void> {
    const target = await readTarget(parts, destinationId);
    for (const work of batch) {
      const settled = target ? await tried(parts, target, work) : deletedDestination(work);
      const ours = await settle(parts.database.work, [settled]);
      // Fenced off: another worker has it by now and tells of it.
      if (ours.size > 0) told({ settled: [settled], changed: [], woken: 0 });
    }
  }
  return { run, batchSize: 1, concurrency: CONCURRENCY, room: HTTP_ROOM };
}

async function tried(parts: HttpParts, target: Target, work: Work): Promise<Settled> {
  const { startedAt, durationMs, response, detail } = await tryOnce(parts, target, {
    ...{ message: work.message, number: work.attemptCount + 1 }
  });
  const { outcome, status: statusCode, error, retryAfterSeconds } = response;
  const attempt = {
    work,
    startedAt,
    durationMs,
    outcome,
    statusCode,
    error,
    retryAfterSeconds,
    detail,
    waitsFor: null
  };
  if (error === null) return { ...attempt, then: 'succeeded', pauseSeconds: null };
  const pause = pauseAfter(response, target.pauseAfter(work.tries + 1));
  return { ...attempt, then: pause === null ? 'failed' : 'again', pauseSeconds: pause };
}

/** 410 and an address that is refused stop; Retry-After can only make the pause longer. */
function pauseAfter(response: Response, scheduled: number | null): number | null {
  if (response.status === GONE || response.outcome === 'refused') return null;
  const wished = (response.retryAfterSeconds ?? 0) * (1 + LATER_BY * Math.random());
  return scheduled === null ? null : Math.max(scheduled, wished);
}

/** Settles what can't be sent any more. */
function deletedDestination(work: Work): Settled {
  const error = 'The destination was deleted. Connect another and re-deliver to it.';
  return {
    ...{ work, startedAt: new Date(), durationMs: 0, outcome: 'refused', statusCode: null, error, detail: null },
    ...{ then: 'failed', waitsFor: null, retryAfterSeconds: null, pauseSeconds: null }
  };
}
