// The deliver step, put together: routes a message to destinations, runs its deliveries, re-delivers.

import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import type { RoutedConnection, RoutedDestination, RoutedSource } from '#lib/server/routing/types.ts';
import type { SpecialDestinations } from './claimer.ts';
import { matchesMessage, type FilteredMessage } from './filter.ts';
import type { GuardedFetch, HandlerContext, HandlerDefinition } from './handler.ts';
import { HANDLER_ROOM, HTTP_ROOM, type Room } from './hands.ts';
import type { Runner } from './lane.ts';
import type { MessageParts } from './load.ts';
import { orderKeyOf } from './order.ts';
import { ensurePartitionsOf, type Settled } from './queue.ts';
import { createRedelivery } from './redeliver.ts';
import { LeaseLost, runHandlerBatch, type BatchOutcome, type HandlerRun } from './run-handlers.ts';
import { isMissingPartition } from './settler.ts';
import type { StoredMessage, Work } from './work.ts';
import { startWorker } from './worker.ts';

const HANDLER_BATCH = 100;
/** For what handlers are preparing at the end. */
const STOP_GRACE_MS = 400;
/** The poll comes every second; a try that is due this soon is not left to it. */
const NUDGE_WITHIN_SECONDS = 10;

export interface DeliverParts extends MessageParts {
  database: Database;
  routing: Pick<Routing, 'destinationById' | 'destinations'>;
  handlers: ReadonlyMap<string, HandlerDefinition<unknown>>;
  /** Runs deliveries to an HTTP destination. */
  httpRunner(destinationId: number, told: (outcome: BatchOutcome) => void): Runner;
  apiKey(sourceId: number, label: string): string | null;
  /** What handlers ask other people's URLs with. */
  fetch: GuardedFetch;
  newDeliveryId(messageId: string): string;
  /** When a message last came in, by performance.now(): answers to senders go first. */
  lastIntakeAt(): number;
  /** After a commit: what screens should hear of. Must not throw. */
  tell(outcome: BatchOutcome): void;
  logger: Logger;
  claims: boolean;
}

/** Starts delivering. */
export function startDeliver(parts: DeliverParts) {
  const { database, routing, handlers, logger } = parts;
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
  const worker = startWorker({ ...parts, ...special(routing), runnerOf: runners.of, roomOf: runners.roomOf });
  const { sourceById, payloadOf, newDeliveryId } = parts;
  const redelivery = createRedelivery({
    ...{ database, sourceById, payloadOf, handlerOf, contextOf, newDeliveryId },
    destinationById: routing.destinationById,
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
    /** How a delivery to a destination of the message is queued. */
    queued(destinationId: number, source: RoutedSource, message: FilteredMessage): Queued {
      const destination = routing.destinationById(destinationId);
      const limited = destination !== null && isLimited(destination);
      const held = destination !== null && destination.held !== null;
      const orderKey = destination && orderKeyOf(destination, source.id, message);
      return { destinationId, orderKey, limited, held, leased: !limited && !held && worker.hasRoom(destinationId) };
    },
    async stop(): Promise<void> {
      const cut = setTimeout(() => stopping.abort(), STOP_GRACE_MS);
      await worker.stop();
      clearTimeout(cut);
    }
  };
}

/** How a new delivery is written. */
export interface Queued {
  destinationId: number;
  /** See order.ts. */
  orderKey: string | null;
  /** To this process, which runs it at once; else it is claimed. */
  leased: boolean;
  /** Its destination has a rate, a number at once or an order: one node at a time runs it. */
  limited: boolean;
  /** Its destination takes nothing now. */
  held: boolean;
}

export type Deliver = ReturnType<typeof startDeliver>;

/** The HTTP runner settles what is left for a destination that is no longer there. */
const DELETED = { kind: 'http', handler: null };

/** How to run each destination, by its id. */
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
  const known = new Map<number, Runner>();

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
    return {
      run: (batch) => runAll(run, batch, told),
      speed: () => ({ open: isHeld(parts, destinationId) ? 'nothing' : 'all', concurrency: 1, intervalMs: 0 }),
      ...{ batchSize: HANDLER_BATCH, room: HANDLER_ROOM }
    };
  }

  return {
    async of(destinationId: number): Promise<Runner | null> {
      const kept = known.get(destinationId);
      if (kept) return kept;
      const [row] = await parts.database.work<{ kind: string; handler: string | null }[]>`
        select kind, handler from destinations where id = ${destinationId}`;
      const runner = known.get(destinationId) ?? makeRunner(destinationId, row ?? DELETED);
      if (runner) known.set(destinationId, runner);
      return runner;
    },
    /** Of one that is not known yet, as little as it may turn out to be. */
    roomOf(destinationId: number): Room {
      const room = known.get(destinationId)?.room ?? HTTP_ROOM;
      const rate = parts.routing.destinationById(destinationId)?.options.rate?.per_second;
      // About a second's worth: the rest is better left to a node that can send it.
      return rate === undefined ? room : { ...room, deliveries: Math.min(room.deliveries, Math.ceil(rate)) };
    }
  };
}

const isHeld = ({ routing }: DeliverParts, destinationId: number): boolean =>
  (routing.destinationById(destinationId)?.held ?? null) !== null;

const special = (routing: DeliverParts['routing']): SpecialDestinations => ({
  limited: () => [...routing.destinations()].filter(isLimited).map(({ id }) => id),
  isOrdered: (id) => routing.destinationById(id)?.options.ordered === true,
  anyHeld: () => [...routing.destinations()].some(({ held }) => held === 'held')
});

const isLimited = ({ options }: RoutedDestination): boolean =>
  options.rate !== undefined || options.concurrency !== undefined || options.ordered === true;

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
