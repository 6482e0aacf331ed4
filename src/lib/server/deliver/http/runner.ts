// Runs deliveries to HTTP destinations: at least once, by the destination's schedule.

import type { Agent } from 'undici';
import { HTTP_ROOM } from '../hands.ts';
import type { Runner } from '../lanes.ts';
import { settle, type Settled } from '../queue.ts';
import type { BatchOutcome } from '../run-handlers.ts';
import type { StoredMessage, Work } from '../work.ts';
import { outgoing } from './request.ts';
import { send, type Response } from './send.ts';
import { readTarget, type Target, type TargetParts } from './target.ts';

const CONCURRENCY = 16;
const GONE = 410;

export interface HttpParts extends TargetParts {
  agent: Agent;
  clock: () => number;
  /** Headers, in lower case, in which messages of a source carry a secret itself: they are not passed on. */
  credentialHeaders(source: StoredMessage['source']): ReadonlySet<string>;
}

/** How to run the deliveries of one destination. */
export function createHttpRunner(
  parts: HttpParts,
  destinationId: number,
  told: (outcome: BatchOutcome) => void
): Runner {
  async function run(batch: readonly Work[]): Promise<void> {
    const target = await readTarget(parts, destinationId);
    for (const work of batch) {
      const settled = target ? await tryOnce(parts, target, work) : deletedDestination(work);
      const ours = await settle(parts.database.work, [settled]);
      // Fenced off: another worker has it by now and tells of it.
      if (ours.size > 0) told({ settled: [settled], changed: [], woken: 0 });
    }
  }
  return { run, batchSize: 1, concurrency: CONCURRENCY, room: HTTP_ROOM };
}

async function tryOnce(parts: HttpParts, target: Target, work: Work): Promise<Settled> {
  const { agent, clock, credentialHeaders } = parts;
  const startedAt = new Date(clock());
  const started = performance.now();
  const request = outgoing(work.message, {
    ...{ secret: target.secret, attempt: work.attemptCount + 1, now: clock() },
    credentials: credentialHeaders(work.message.source)
  });
  const response = await send(agent, target.url, { outgoing: request, timeoutMs: target.timeoutMs });
  const attempt = {
    ...{ work, startedAt, durationMs: performance.now() - started, outcome: response.outcome },
    ...{ statusCode: response.status, error: response.error, waitsFor: null },
    retryAfterSeconds: response.retryAfterSeconds,
    detail: {
      request: { method: request.method, url: target.url, headers: request.headers },
      response: { headers: response.headers, body: response.body.toString('utf8'), truncated: response.truncated }
    }
  };
  if (response.error === null) return { ...attempt, then: 'succeeded', pauseSeconds: null };
  const pause = pauseAfter(response, target.pauseAfter(work.tries + 1));
  return { ...attempt, then: pause === null ? 'failed' : 'again', pauseSeconds: pause };
}

/** 410 and an address that is refused stop; Retry-After can only make the pause longer. */
function pauseAfter(response: Response, scheduled: number | null): number | null {
  if (response.status === GONE || response.outcome === 'refused') return null;
  return scheduled === null ? null : Math.max(scheduled, response.retryAfterSeconds ?? 0);
}

/** Settles what can't be sent any more. */
function deletedDestination(work: Work): Settled {
  const error = 'The destination was deleted. Connect another and re-deliver to it.';
  return {
    ...{ work, startedAt: new Date(), durationMs: 0, outcome: 'refused', statusCode: null, error, detail: null },
    ...{ then: 'failed', waitsFor: null, retryAfterSeconds: null, pauseSeconds: null }
  };
}
