// Runs deliveries to HTTP destinations: at least once, by the destination's schedule.

import type { Routing } from '#lib/server/routing/cache.ts';
import { HTTP_ROOM } from '../hands.ts';
import { holdDestination, keepHeld, releaseDestination } from '../holding.ts';
import type { Runner, Speed } from '../lane.ts';
import type { Settled } from '../queue.ts';
import type { BatchOutcome } from '../run-handlers.ts';
import { createSettler } from '../settler.ts';
import type { Work } from '../work.ts';
import { createBreaker, type Breaker } from './breaker.ts';
import type { Response } from './send.ts';
import { readTarget, type Target, type TargetParts } from './target.ts';
import { tryOnce, type TryParts } from './try.ts';

const CONCURRENCY = 16;
const GONE = 410;
const TARGET_KEPT_MS = 10_000;
/** All that were told the same Retry-After come back a little apart. */
const LATER_BY = 0.1;
/** What these say is said of the message, and not of the destination. */
const ABOUT_THE_MESSAGE: ReadonlySet<number> = new Set([400, GONE, 413, 415, 422]);

export type HttpParts = TargetParts & TryParts & { routing: Pick<Routing, 'destinationById' | 'version' | 'refresh'> };

/** How to run the deliveries of one destination. */
export function createHttpRunner(
  parts: HttpParts,
  destinationId: number,
  told: (outcome: BatchOutcome) => void
): Runner {
  const { database, routing } = parts;
  const targetNow = keepTarget(parts, destinationId);
  const breaker = createBreaker(parts.clock);
  const settler = createSettler(database.work, (settled) => told({ settled, changed: [], woken: 0 }));
  let wasHeld = false;

  async function run(batch: readonly Work[], free: () => void): Promise<void> {
    const target = await targetNow();
    for (const work of batch) {
      const settled = target ? await tried(parts, target, work) : deletedDestination(work);
      free();
      // What can't be written of the destination's state is found out again by the next try.
      if (await settler.settle(settled)) await follow(parts, breaker, settled).catch(() => {});
    }
  }

  function speed(): Speed {
    const { held = null, options = {} } = routing.destinationById(destinationId) ?? {};
    if (wasHeld && held === null) breaker.recovering();
    wasHeld = held === 'held';
    return {
      open: held === null ? 'all' : held === 'held' ? 'probes' : 'nothing',
      concurrency: breaker.concurrency(options.concurrency ?? CONCURRENCY),
      intervalMs: options.rate ? 1000 / options.rate.per_second : 0
    };
  }

  return { run, speed, batchSize: 1, room: HTTP_ROOM };
}

/** Whether how it ended says something of the destination. */
const counts = ({ outcome, statusCode }: Settled): boolean =>
  outcome !== 'refused' && !ABOUT_THE_MESSAGE.has(statusCode ?? 0);

const stillFailing = (error: string | null): string | null => error && `It still fails. The last try: ${error}`;

/** What the try means for the destination. */
async function follow({ database, routing }: HttpParts, breaker: Breaker, settled: Settled): Promise<void> {
  const { error } = settled;
  const { id: deliveryId, destinationId, probe } = settled.work;
  const tooMany = breaker.note({ deliveryId, error, counts: counts(settled) });
  const isHeld = probe || routing.destinationById(destinationId)?.held === 'held';
  if (isHeld && (error === null || !counts(settled))) {
    await releaseDestination(database.work, destinationId);
    return routing.refresh();
  }
  const reason = probe ? stillFailing(error) : tooMany;
  if (reason === null) return;
  const why = { reason, pauseSeconds: settled.retryAfterSeconds ?? 0 };
  if (isHeld) return keepHeld(database.work, destinationId, why);
  await holdDestination(database.work, destinationId, why);
  return routing.refresh();
}

/** Reads where to send to again when something was changed, and now and then: a rotated secret ends by itself. */
function keepTarget(parts: HttpParts, destinationId: number): () => Promise<Target | null> {
  let kept: { version: number; at: number; target: Promise<Target | null> } | null = null;
  return () => {
    const version = parts.routing.version();
    const isGood = kept?.version === version && performance.now() - kept.at < TARGET_KEPT_MS;
    if (kept && isGood) return kept.target;
    const reading = { version, at: performance.now(), target: readTarget(parts, destinationId) };
    reading.target.catch(() => {
      if (kept === reading) kept = null;
    });
    kept = reading;
    return reading.target;
  };
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
  // A probe uses up none of the schedule: until the destination is back, the delivery waits with the others.
  const pause = pauseAfter(response, work.probe ? 0 : target.pauseAfter(work.tries + 1));
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
