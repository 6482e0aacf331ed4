// Runs jobs on nodes with the worker role. Each job is in the hands of one node, under a lease; what a node writes is
// fenced by the lease's token and commits together with the job's progress, so that after a kill any other goes on
// exactly where it stopped.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { isOver } from '#lib/inbox/jobs.ts';
import { feed, type FeedParts } from './feed.ts';
import { advance, claimJobs, Fenced, readHeld, releaseJobs, renewJobs, type HeldJob, type Lease } from './job.ts';
import { prepare } from './prepare.ts';
import { settleItems } from './settle.ts';

const RENEW_MS = 3000;
const CLAIM_EVERY_MS = 1000;
/** While deliveries are on their way; else the engine looks once a second. */
const LOOK_EVERY_MS = 100;
/** One that fails this often in a row, a second apart, fails for good: it must not be tried for ever. */
const FAILURE_LIMIT = 20;
const AFTER_FAILURE_MS = 1000;

export interface EngineParts extends FeedParts {
  logger: Logger;
  /** False on a node without the worker role. */
  runs: boolean;
  failureLimit?: number;
}

export interface Engine {
  /** Something was created or changed. */
  nudge(): void;
  /** Ends the step that goes on, and gives the jobs back. */
  stop(): Promise<void>;
}

/** What a step leaves to do: at once, soon, later, or not for this node. */
type Step = 'moved' | 'waiting' | 'idle' | 'let go';

/** Starts it. */
export function startEngine(parts: EngineParts): Engine {
  const sql = parts.database.web;
  const token = randomUUID();
  const pause = createPause();
  const hands = createHands(parts, token);
  let stopping = false;
  let claimedAt = Number.NEGATIVE_INFINITY;

  async function round(): Promise<Step[]> {
    if (pause.wasNudged() || performance.now() - claimedAt >= CLAIM_EVERY_MS) {
      claimedAt = performance.now();
      await hands.claim();
    }
    return hands.stepAll(() => stopping);
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const steps = await round().catch((error: unknown): Step[] => {
        parts.logger.warn({ err: error }, 'jobs could not be looked at; asked again soon');
        return [];
      });
      if (steps.includes('moved')) continue;
      await pause.wait(steps.includes('waiting') ? LOOK_EVERY_MS : CLAIM_EVERY_MS);
    }
  }

  // The database away: the lease ends by itself, and whoever claims then goes on.
  const renewing = setInterval(() => void renewJobs(sql, token).catch(() => {}), RENEW_MS).unref();
  const running = parts.runs ? run() : Promise.resolve();
  return {
    nudge: pause.end,
    async stop() {
      stopping = true;
      clearInterval(renewing);
      pause.end();
      await running;
      await hands.giveBack().catch(() => {});
    }
  };
}

/** The jobs of this node. */
function createHands(parts: EngineParts, token: string) {
  const sql = parts.database.web;
  const held = new Map<number, { lease: Lease; failures: number; notBefore: number }>();

  async function letGo(id: number): Promise<void> {
    held.delete(id);
    await releaseJobs(sql, token, [id]);
  }

  async function step(id: number): Promise<Step> {
    const entry = held.get(id);
    if (!entry || performance.now() < entry.notBefore) return 'idle';
    try {
      const done = await stepJob(parts, entry.lease);
      entry.failures = 0;
      if (done === 'let go') await letGo(id);
      return done;
    } catch (error) {
      entry.failures += 1;
      entry.notBefore = performance.now() + AFTER_FAILURE_MS;
      parts.logger.warn({ err: error, job: id }, 'a step of a job failed; it is tried again');
      if (entry.failures >= (parts.failureLimit ?? FAILURE_LIMIT)) await fail(parts, entry.lease, error);
      return 'idle';
    }
  }

  return {
    async claim(): Promise<void> {
      for (const lease of await claimJobs(sql, token)) held.set(lease.id, { lease, failures: 0, notBefore: 0 });
    },
    /** One step of each, so that a large job does not keep others waiting. */
    async stepAll(isOver: () => boolean): Promise<Step[]> {
      const steps: Step[] = [];
      for (const id of [...held.keys()]) if (!isOver()) steps.push(await step(id));
      return steps;
    },
    giveBack: () => releaseJobs(sql, token, [...held.keys()])
  };
}

async function stepJob(parts: EngineParts, lease: Lease): Promise<Step> {
  const job = await readHeld(parts.database.web, lease);
  if (!job || isOver(job.state) || job.state === 'ready') return 'let go';
  try {
    return await stepHeld(parts, job);
  } catch (error) {
    if (error instanceof Fenced) return 'moved';
    throw error;
  }
}

async function stepHeld(parts: EngineParts, job: HeldJob): Promise<Step> {
  if (job.state === 'preparing') {
    await prepare(parts, job);
    return 'moved';
  }
  const sql = parts.database.web;
  if (await settleItems(sql, job)) return 'moved';
  if (job.state === 'running' && (await feed(parts, job))) return 'moved';
  const { queued, retrying } = job.counts.results;
  if (queued + retrying > 0) return queued > 0 ? 'waiting' : 'idle';
  if (job.state === 'paused') return 'let go';
  await advance(sql, job, async () => ({ state: job.state === 'cancelling' ? 'cancelled' : 'done' }));
  return 'let go';
}

async function fail({ database }: EngineParts, { id, token }: Lease, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await database.web`
    update jobs set state = 'failed', error = ${message.replaceAll('\0', '').slice(0, 1000)}, finished_at = now()
     where id = ${id} and lease_token = ${token}`.catch(() => {});
}

/** A wait that ends early when something happens. */
function createPause() {
  let wake = () => {};
  let isNudged = false;
  return {
    /** Since it was last asked. */
    wasNudged(): boolean {
      const was = isNudged;
      isNudged = false;
      return was;
    },
    end(): void {
      isNudged = true;
      wake();
    },
    async wait(milliseconds: number): Promise<void> {
      if (isNudged) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
}
