// The composition root: builds every part, hands each what it needs, stops them in reverse. One app a process, in a
// slot of globalThis, so that Kit's bundle and server.ts see the same one.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { startEngine } from '#lib/server/bulk/engine.ts';
import type { Config } from '#lib/server/config.ts';
import { openDatabase, type OpenDatabase } from '#lib/server/database/open.ts';
import { startDeliver } from '#lib/server/deliver/deliver.ts';
import { handlers } from '#lib/server/deliver/handlers.ts';
import { createHttpRunner } from '#lib/server/deliver/http/runner.ts';
import { createSendDirect, newTest } from '#lib/server/deliver/http/send-direct.ts';
import { isForTheDoor } from '#lib/server/door/target.ts';
import { layFoundation, type Foundation } from '#lib/server/foundation.ts';
import { createGaps } from '#lib/server/gaps/gaps.ts';
import { createHealth, isForHealth } from '#lib/server/health.ts';
import { startPruning } from '#lib/server/jobs/schedule.ts';
import { isForLive, openLive } from '#lib/server/live-wiring.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { openLog } from '#lib/server/log/log.ts';
import { createEditing } from '#lib/server/edit.ts';
import { createMending } from '#lib/server/mend.ts';
import { createMetrics } from '#lib/server/metrics.ts';
import { openProblems } from '#lib/server/problem-wiring.ts';
import { answerElsewhere } from '#lib/server/roles.ts';
import { createTeller } from '#lib/server/tell.ts';
import { openWayIn } from '#lib/server/way-in.ts';
import { credentialHeaders, payloadOf, toWork, waitsForClaim, type Passage } from '#lib/server/way.ts';

/**
 * For tries that are under way at the end. Longer than the deliver step gives its handlers: what they ask through the same
 * way out has to end by their own signal, as no try, and not by a connection that was cut, as a failed one.
 */
const HTTP_GRACE_MS = 600;
/** For what is given back to the database at the end; server.ts gives the whole stop 5 s. */
const STOP_WITHIN_MS = 1300;
const SLOT = Symbol.for('holdfast.app');

export type App = Awaited<ReturnType<typeof buildApp>>;

/** The app of this process. @throws before startApp has ended */
export function app(): App {
  const found: unknown = Reflect.get(globalThis, SLOT);
  if (!isApp(found)) throw new Error('The app has not started yet.');
  return found;
}

const isApp = (value: unknown): value is App => typeof value === 'object' && value !== null && 'routing' in value;

/** Starts the app, once a process. @throws one sentence for people when something it needs is not there */
export async function startApp(config: Config): Promise<void> {
  if (Reflect.has(globalThis, SLOT)) return;
  const logger = pino({ level: config.logLevel, base: null, timestamp: stdTimeFunctions.isoTime });
  const opened = await openDatabase(config, {
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (fields, message) => logger.error(fields, message)
  });
  try {
    Reflect.set(globalThis, SLOT, await buildApp(config, opened, logger));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function buildApp(config: Config, opened: OpenDatabase, logger: Logger) {
  const foundation = await layFoundation({ config, opened, logger });
  const { clock, routing, guarded, announce, ...shared } = foundation;
  const { live, teller, deliver, sendDirect, log, wayIn, metrics, problems } = openWay(foundation);
  const { database } = opened;
  const health = createHealth({ database, startedAt: Date.now(), metrics: metrics.text });
  const mending = createMending({ database, routing, deliver, teller, publicUrl: config.publicUrl });
  const runs = config.roles.includes('worker');
  const bulk = startEngine({ database, deliver, mending, routing, teller, logger, runs });
  const pruning = startPruning({ url: opened.url, clock, retentionDays: config.retentionDays, logger });

  return {
    editing: createEditing({ database, routing, deliver, ...wayIn }),
    ...{ ...shared, database, clock, routing, deliver, mending, bulk, health, teller, announce },
    ...{ addresses: wayIn.addresses, receiveTest: wayIn.receiveTest },
    sendTest: (destinationId: number) => sendDirect(destinationId, newTest()),
    gaps: createGaps({
      ...{ database, routing, dispatcher: guarded.agentFor({}), retentionDays: config.retentionDays, clock: clock.now },
      receiveImported: wayIn.receiveImported
    }),
    handle: beforePages({ config, health, live, metrics, wayIn }),
    endStreams: live.endStreams,
    async stop(): Promise<void> {
      // A destination that does not answer must not keep the rest from stopping cleanly, nor must a database: what is
      // cut here ends by its lease, and is done by the next start or another node.
      const cut = setTimeout(() => void guarded.destroy(), HTTP_GRACE_MS);
      const worked = () => deliver.stop().then(problems.stop);
      const drained = log.drained().then(() => Promise.all([bulk.stop(), worked(), live.stop(), wayIn.stop()]));
      await settledWithin(STOP_WITHIN_MS, Promise.all([pruning.stop(), drained]));
      clearTimeout(cut);
      await guarded.destroy();
      routing.stop();
      clock.stop();
      await opened.close();
    }
  };
}

interface BeforePages extends Pick<ReturnType<typeof openWay>, 'live' | 'metrics' | 'wayIn'> {
  config: Config;
  health: ReturnType<typeof createHealth>;
}

/** What is answered here and not by pages. @returns true when the request was */
function beforePages({ config, health, live, metrics, wayIn }: BeforePages) {
  function takeIn(request: IncomingMessage, response: ServerResponse): void {
    const started = performance.now();
    response.once('finish', () => metrics.answered(response.statusCode, (performance.now() - started) / 1000));
    void wayIn.door(request, response);
  }

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = request.url ?? '';
    const role = isForTheDoor(url) ? 'door' : 'web';
    if (isForHealth(url)) void health.handle(request, response);
    else if (!config.roles.includes(role)) answerElsewhere(response, role, config.roles);
    else if (role === 'door') takeIn(request, response);
    else if (isForLive(url)) void live.handle(request, response);
    else return false;
    return true;
  };
}

/** The steps of the way, each handed what it needs of the others. */
function openWay({ config, opened, logger, vault, auth, clock, routing, hub, guarded }: Foundation) {
  const { database } = opened;
  const live = openLive({ config, opened, auth, hub, logger });
  const teller = createTeller({ hub, hints: live.hints, database, logger });
  const http = {
    ...{ database, routing, guarded, clock: clock.now, credentialHeaders },
    open: (sealed: Buffer) => vault.open(sealed)
  };
  const problems = openProblems({ config, database, http, logger });
  let lastIntakeAt = -Infinity;
  const deliver = startDeliver({
    ...{ database, routing, handlers, logger, sourceById: routing.sourceById, payloadOf, apiKey: routing.apiKey },
    fetch: guarded.fetch,
    newDeliveryId: deliveryIdFor,
    lastIntakeAt: () => lastIntakeAt,
    httpRunner: (id, told) => createHttpRunner(http, id, told),
    claims: config.roles.includes('worker'),
    tell(outcome) {
      for (const attempt of outcome.settled) metrics.attempted(attempt.outcome);
      teller.delivered(outcome);
      problems.delivered(outcome.settled);
    }
  });
  const log = openLog<Passage>({
    database,
    onCommitted(committed) {
      metrics.batched(committed.entries.length);
      lastIntakeAt = performance.now();
      deliver.worker.accept(toWork(committed));
      if (committed.entries.some(waitsForClaim)) deliver.worker.nudge();
      teller.logged(committed);
      problems.logged(committed.entries);
    }
  });
  routing.onHeldChanged(() => {
    deliver.worker.lookAgain();
    hub.reset('Destinations were held, or take deliveries again.');
  });
  const wayIn = openWayIn({ config, opened, clock, routing, deliver, log });
  const metrics = createMetrics(() => ({ logLoad: log.load, held: deliver.worker.held, streams: live.count }));
  return { live, teller, deliver, sendDirect: createSendDirect(http), log, wayIn, metrics, problems };
}

/** Waits until it is settled, either way, but only so long. */
async function settledWithin(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const late = delay(milliseconds, null, { signal: waiting.signal }).catch(() => {});
  await Promise.race([work.catch(() => {}), late]);
  waiting.abort();
}
