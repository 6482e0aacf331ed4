// Runs a handler over a batch of deliveries in one transaction: effects, attempts and completions commit together or
// not at all. That is what "nothing is applied twice" rests on.

import type { Sql, Transaction } from '#lib/server/database/connect.ts';
import { HandlerError } from './handler.ts';
import type { HandlerContext, HandlerDefinition, HandlerResult, HandlerTransaction } from './handler.ts';
import { settle, wakeWaiting, type Settled } from './queue.ts';
import { HANDLER_SCHEDULE_SECONDS, pauseSeconds } from './schedule.ts';
import type { Attempt, Work } from './work.ts';

const PREPARE_TIMEOUT_MS = 30_000;

export type ChangedTopic = Parameters<HandlerTransaction['changed']>;

/** What a committed batch leaves to tell. */
export interface BatchOutcome {
  settled: Settled[];
  changed: ChangedTopic[];
  /** Deliveries made due by it. */
  woken: number;
}

export interface HandlerRun {
  sql: Sql;
  name: string;
  handler: HandlerDefinition<unknown>;
  contextOf(work: Work, signal: AbortSignal): HandlerContext;
  /** Aborted when this process can wait no longer: what is being prepared then counts as no try. */
  stopping: AbortSignal;
}

interface Prepared {
  work: Work;
  startedAt: Date;
  started: number;
  prepared: { value: unknown } | { error: unknown };
}

/** The lease was lost: the batch is rolled back, and these are left to whoever holds them now. */
export class LeaseLost extends Error {
  readonly ids: ReadonlySet<string>;
  constructor(ids: ReadonlySet<string>) {
    super(`The lease of ${ids.size} deliveries was lost.`);
    this.name = 'LeaseLost';
    this.ids = ids;
  }
}

/**
 * Prepares and applies a batch. First without savepoints, all or nothing; when one of them throws, once more with a
 * savepoint each, so that the others' effects stand and the failure is written in the same transaction.
 * @throws {LeaseLost} for the caller to run the rest again; any other error means that nothing was written
 */
export async function runHandlerBatch(run: HandlerRun, batch: readonly Work[]): Promise<BatchOutcome> {
  const prepared = await Promise.all(batch.map((work) => prepare(run, work)));
  const ready = prepared.every((item) => 'value' in item.prepared);
  if (ready) {
    try {
      return await inTransaction(run, (collected) => applyPlain(run, prepared, collected));
    } catch (error) {
      if (error instanceof LeaseLost || !(error instanceof ApplyFailed)) throw error;
    }
  }
  return inTransaction(run, (collected) => applyEach(run, prepared, collected));
}

async function prepare(run: HandlerRun, work: Work): Promise<Prepared> {
  const startedAt = new Date();
  const started = performance.now();
  if (!run.handler.prepare) return { work, startedAt, started, prepared: { value: undefined } };
  const signal = AbortSignal.any([AbortSignal.timeout(PREPARE_TIMEOUT_MS), run.stopping]);
  try {
    const value = await run.handler.prepare(work.message, eventOf(work), run.contextOf(work, signal));
    return { work, startedAt, started, prepared: { value } };
  } catch (error) {
    if (run.stopping.aborted) throw error;
    return { work, startedAt, started, prepared: { error } };
  }
}

const eventOf = (work: Work) => ({ id: work.message.event.id, type: work.message.event.type ?? '' });

/** apply() threw; the transaction is to be rolled back and run again with savepoints. */
class ApplyFailed extends Error {}

interface Collected {
  transaction: HandlerTransaction;
  changed: ChangedTopic[];
  awaited: Set<string>;
}

async function inTransaction(
  { sql }: HandlerRun,
  apply: (collected: Collected) => Promise<Settled[]>
): Promise<BatchOutcome> {
  return sql.begin(async (transaction) => {
    const collected = collecting(transaction);
    const settled = await apply(collected);
    const ours = await settle(transaction, settled);
    const lost = new Set(settled.map((item) => item.work.id).filter((id) => !ours.has(id)));
    if (lost.size > 0) throw new LeaseLost(lost);
    const woken = collected.awaited.size > 0 ? await wakeWaiting(transaction, [...collected.awaited]) : 0;
    return { settled, changed: collected.changed, woken };
  });
}

/** A HandlerTransaction that keeps what is to be told after the commit. */
export function collecting(sql: Transaction): Collected {
  const changed: ChangedTopic[] = [];
  const awaited = new Set<string>();
  const transaction: HandlerTransaction = {
    sql,
    changed: (...topic) => void changed.push(topic),
    wake: (what) => void awaited.add(what)
  };
  return { transaction, changed, awaited };
}

async function applyPlain(run: HandlerRun, prepared: Prepared[], { transaction }: Collected): Promise<Settled[]> {
  const settled = new Map<string, Settled>();
  const chains = Map.groupBy(prepared, ({ work }) => run.handler.orderKey?.(work.message, eventOf(work)) ?? null);
  const results = await Promise.allSettled(
    [...chains.values()].map(async (chain) => {
      for (const item of chain) settled.set(item.work.id, await applyOne(run, item, transaction));
    })
  );
  // Only now, when none of them has a statement left to send on this connection.
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw new ApplyFailed('apply() threw', { cause: failure.reason });
  return prepared.flatMap(({ work }) => settled.get(work.id) ?? []);
}

async function applyOne(run: HandlerRun, item: Prepared, transaction: HandlerTransaction): Promise<Settled> {
  if ('error' in item.prepared) throw item.prepared.error;
  const { message } = item.work;
  return succeeded(item, await run.handler.apply(transaction, message, eventOf(item.work), item.prepared.value));
}

async function applyEach(run: HandlerRun, prepared: Prepared[], collected: Collected): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const item of prepared) {
    const changedBefore = collected.changed.length;
    try {
      settled.push(
        await collected.transaction.sql.savepoint((sql) => applyOne(run, item, { ...collected.transaction, sql }))
      );
    } catch (error) {
      collected.changed.length = changedBefore;
      settled.push(failed(run.name, item, error));
    }
  }
  return settled;
}

function succeeded({ work, startedAt, started }: Prepared, result: HandlerResult): Settled {
  return {
    ...{ work, startedAt, durationMs: performance.now() - started, outcome: result.outcome, statusCode: null },
    ...{ error: null, detail: { summary: result.summary, effects: result.effects }, then: 'succeeded' },
    ...{ waitsFor: null, retryAfterSeconds: null, pauseSeconds: null }
  };
}

function failed(handler: string, { work, startedAt, started }: Prepared, error: unknown): Settled {
  const known = error instanceof HandlerError ? error : null;
  const tries = work.attemptCount + 1;
  const pause = known?.permanent ? null : pauseSeconds(HANDLER_SCHEDULE_SECONDS, work.tries + 1, Math.random);
  const message = error instanceof Error ? error.message : String(error);
  const attempt: Omit<Attempt, 'then'> = {
    ...{ work, startedAt, durationMs: performance.now() - started, outcome: 'error', statusCode: null, error: message },
    // The same fields are in the log line, so that one finds the other.
    detail: { message_id: work.message.id, event_id: work.message.event.id, handler, attempt: tries },
    ...{ waitsFor: known?.waitsFor ?? null, retryAfterSeconds: null }
  };
  return { ...attempt, then: pause === null ? 'failed' : 'again', pauseSeconds: pause };
}
