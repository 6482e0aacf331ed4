// Runs deliveries to HTTP destinations: at least once, by the destination's schedule.

import type { Database } from '#lib/server/database/connect.ts';
import type { Agent } from 'undici';
import { HTTP_ROOM } from '../hands.ts';
import type { Runner } from '../lanes.ts';
import { settle, type Settled } from '../queue.ts';
import type { BatchOutcome } from '../run-handlers.ts';
import { HTTP_SCHEDULE_SECONDS, pauseSeconds } from '../schedule.ts';
import type { StoredMessage, Work } from '../work.ts';
import { outgoing } from './request.ts';
import { send, type Response } from './send.ts';

const TIMEOUT_MS = 30_000;
const CONCURRENCY = 16;
const GONE = 410;

export interface HttpParts {
  database: Database;
  agent: Agent;
  /** Opens a sealed secret. */
  open(sealed: Buffer): string;
  clock: () => number;
  /** Headers, in lower case, in which messages of a source carry a secret itself: they are not passed on. */
  credentialHeaders(source: StoredMessage['source']): ReadonlySet<string>;
  /** Of one try, its answer included. */
  timeoutMs?: number;
}

interface Target {
  url: string;
  secret: string | null;
  /** The pause after so many tries, seconds; null: no more tries. */
  pauseAfter(tries: number): number | null;
}

interface DestinationRow {
  url: string;
  secret_ciphertext: Buffer | null;
  options: { retry?: { schedule_seconds?: number[] } };
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

async function readTarget({ database, open }: HttpParts, destinationId: number): Promise<Target | null> {
  const [row] = await database.work<DestinationRow[]>`
    select url, secret_ciphertext, options from destinations where id = ${destinationId} and kind = 'http'`;
  if (!row) return null;
  const own = row.options.retry?.schedule_seconds;
  return {
    url: row.url,
    secret: row.secret_ciphertext && open(row.secret_ciphertext),
    // Who writes a schedule means these seconds; only the default one is jittered.
    pauseAfter: (tries) => (own ? (own[tries - 1] ?? null) : pauseSeconds(HTTP_SCHEDULE_SECONDS, tries, Math.random))
  };
}

async function tryOnce(parts: HttpParts, target: Target, work: Work): Promise<Settled> {
  const { agent, clock, credentialHeaders, timeoutMs = TIMEOUT_MS } = parts;
  const startedAt = new Date(clock());
  const started = performance.now();
  const request = outgoing(work.message, {
    ...{ secret: target.secret, attempt: work.attemptCount + 1, now: clock() },
    credentials: credentialHeaders(work.message.source)
  });
  const response = await send(agent, target.url, { outgoing: request, timeoutMs });
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
