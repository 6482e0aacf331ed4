// The deliver step, put together: routes a message to destinations, runs its deliveries, re-delivers.

import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import type { RoutedConnection, RoutedSource } from '#lib/server/routing/types.ts';
import { matchesMessage, type FilteredMessage } from './filter.ts';
import type { GuardedFetch, HandlerContext, HandlerDefinition } from './handler.ts';
import { HANDLER_ROOM, HTTP_ROOM, type Room } from './hands.ts';
import type { Runner } from './lanes.ts';
import type { MessageParts } from './load.ts';
import { ensurePartitionsOf, type Settled } from './queue.ts';
import { createRedelivery } from './redeliver.ts';
import { LeaseLost, runHandlerBatch, type BatchOutcome, type HandlerRun } from './run-handlers.ts';
import type { StoredMessage, Work } from './work.ts';
import { startWorker } from './worker.ts';

const HANDLER_BATCH = 100;
const DESTINATION_CACHE_MS = 5000;
/** For what handlers are preparing at the end. */
const STOP_GRACE_MS = 400;
const MISSING_PARTITION = '23514';
/** The poll comes every second; a try that is due this soon is not left to it. */
const NUDGE_WITHIN_SECONDS = 10;

export interface DeliverParts extends MessageParts {
  database: Database;
  handlers: ReadonlyMap<string, HandlerDefinition<unknown>>;
  /** Runs deliveries to an HTTP destination. */
  httpRunner(destinationId: number, told: (outcome: BatchOutcome) => void): Runner;
  apiKey(sourceId: number, label: string): string | null;
  /** What handlers ask other people's URLs with. */
  fetch: GuardedFetch;
  newDeliveryId(messageId: string): string;
  /** After a commit: what screens should hear of. Must not throw. */
  tell(outcome: BatchOutcome): void;
  logger: Logger;
  claims: boolean;
}

/** Starts delivering. */
export function startDeliver(parts: DeliverParts) {
  const { database, handlers, logger } = parts;
  const contextOf = (message: StoredMessage, signal: AbortSignal): HandlerContext => ({
    secret: (label) => parts.apiKey(message.source.id, label),
    fetch: parts.fetch,
    signal
  });
  const handlerOf = (name: string) => handlers.get(name) ?? null;

  /** What follows a committed batch. */
  function told(outcome: BatchOutcome): void {
    for (const item of outcome.settled) if (item.error !== null) logFailure(logger, item);
    parts.tell(outcome);
    if (outcome.woken > 0) worker.nudge();
    for (const { pauseSeconds } of outcome.settled) {
      if (pauseSeconds !== null && pauseSeconds <= NUDGE_WITHIN_SECONDS) {
        setTimeout(worker.nudge, pauseSeconds * 1000 + 5).unref();
      }
    }
  }

  const stopping = new AbortController();
  const runners = createRunners(parts, { contextOf, told, stopping: stopping.signal });
  const worker = startWorker({ ...parts, runnerOf: runners.of, roomOf: runners.roomOf });
  const { sourceById, payloadOf, newDeliveryId } = parts;
  const redelivery = createRedelivery({
    ...{ database, sourceById, payloadOf, handlerOf, contextOf, newDeliveryId },
    nudge: worker.nudge
  });

  return {
    ...redelivery,
    worker,
    /** Connections of the source that such a message goes to. */
    connectionsFor: (source: RoutedSource, message: FilteredMessage): RoutedConnection[] =>
      source.connections.filter((connection) =>
        matchesMessage(connection, connection.handler === null ? null : handlerOf(connection.handler), message)
      ),
    /** After a change to destinations made here. */
    forgetDestinations: runners.forget,
    async stop(): Promise<void> {
      const cut = setTimeout(() => stopping.abort(), STOP_GRACE_MS);
      await worker.stop();
      clearTimeout(cut);
    }
  };
}

export type Deliver = ReturnType<typeof startDeliver>;

/** The HTTP runner settles what is left for a destination that is no longer there. */
const DELETED = { kind: 'http', handler: null };

/** How to run each destination, by its id; read from the database and kept for some seconds. */
function createRunners(
  parts: DeliverParts,
  {
    contextOf,
    told,
    stopping
  }: {
    contextOf: (message: StoredMessage, signal: AbortSignal) => HandlerContext;
    told: (outcome: BatchOutcome) => void;
    stopping: AbortSignal;
  }
) {
  const known = new Map<number, { runner: Runner | null; at: number }>();

  function makeRunner(destinationId: number, row: { kind: string; handler: string | null }): Runner | null {
    if (row.kind === 'http') return parts.httpRunner(destinationId, told);
    const handler = row.handler === null ? undefined : parts.handlers.get(row.handler);
    if (!handler || row.handler === null) return null;
    const run: HandlerRun = {
      sql: parts.database.work,
      name: row.handler,
      handler,
      contextOf: (work, signal) => contextOf(work.message, signal),
      stopping
    };
    return { run: (batch) => runAll(run, batch, told), batchSize: HANDLER_BATCH, concurrency: 1, room: HANDLER_ROOM };
  }

  return {
    async of(destinationId: number): Promise<Runner | null> {
      const entry = known.get(destinationId);
      if (entry && performance.now() - entry.at < DESTINATION_CACHE_MS) return entry.runner;
      const [row] = await parts.database.work<{ kind: string; handler: string | null }[]>`
        select kind, handler from destinations where id = ${destinationId}`;
      const runner = makeRunner(destinationId, row ?? DELETED);
      known.set(destinationId, { runner, at: performance.now() });
      return runner;
    },
    /** Of one that is not known yet, as little as it may turn out to be. */
    roomOf: (destinationId: number): Room => known.get(destinationId)?.runner?.room ?? HTTP_ROOM,
    /** Runners are made anew; what they have in hand stays theirs. */
    forget: () => known.forEach((entry) => (entry.at = Number.NEGATIVE_INFINITY))
  };
}

/** Runs a batch; what was lost to another node is left out and the rest runs again. */
async function runAll(run: HandlerRun, batch: readonly Work[], told: (outcome: BatchOutcome) => void): Promise<void> {
  let rest = batch;
  while (rest.length > 0) {
    try {
      return told(await runHandlerBatch(run, rest));
    } catch (error) {
      if (error instanceof LeaseLost) rest = rest.filter((work) => !error.ids.has(work.id));
      else if (isMissingPartition(error)) await ensurePartitionsOf(run.sql, rest);
      else throw error;
    }
  }
}

/** The fields that the attempt shows too, so that one finds the other; never a header or a body. */
function logFailure(logger: Logger, { work, detail, error, then }: Settled): void {
  const { message, destinationId, attemptCount } = work;
  const fields = {
    message_id: message.id,
    event_id: message.event.id,
    delivery_id: work.id,
    attempt: attemptCount + 1
  };
  logger.warn(
    { ...fields, destination_id: destinationId, handler: detail?.['handler'], error, then },
    'a delivery failed'
  );
}

function isMissingPartition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === MISSING_PARTITION;
}
