// Keeps the problems: once a second what was gathered here goes into the table, in a short transaction that one node at a
// time is in, and what is due is opened, resolved and alerted about.

import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import { sendDueAlerts, type AlertParts } from './alerts.ts';
import { createGathering, type Gathered } from './gather.ts';
import { recallSigns } from './recall.ts';
import { recordHeld, recordRecovered, recordSigns } from './record.ts';
import { openProblems, resolveProblems } from './rules.ts';

const TICK_MS = 1000;
/** Any number that no other advisory lock of ours has. */
const LOCK = 7_206_001;

export interface ProblemParts extends AlertParts {
  database: Database;
  /** Milliseconds, the database's clock. */
  clock: () => number;
  /** False: writes what it sees and sends no alerts (a node without the worker role). */
  alerts: boolean;
  logger: Pick<Logger, 'warn'>;
}

/** Starts keeping them. */
export function startProblems(parts: ProblemParts) {
  const { database, clock, logger } = parts;
  const gathering = createGathering(clock);
  const startedAt = new Date(clock());
  let isRecalled = false;

  async function writeAll(): Promise<void> {
    if (!isRecalled) for (const sign of await recallSigns(database.web, startedAt)) gathering.add(sign);
    isRecalled = true;
    const gathered = gathering.take();
    try {
      await write(parts, gathered);
    } catch (error) {
      gathering.putBack(gathered);
      throw error;
    }
  }

  const warn = (what: string) => (error: unknown) => logger.warn({ err: error }, `${what}; tried again in a second`);
  const writing = oneAtATime(writeAll, warn('problems could not be written'));
  // A slow receiver of alerts holds up no writing.
  const alerting = oneAtATime(() => sendDueAlerts(parts), warn('alerts could not be sent'));
  const alert = async (): Promise<void> => (parts.alerts ? alerting.run() : undefined);
  const timer = setInterval(() => void writing.run().then(alert), TICK_MS).unref();

  return {
    tried: gathering.tried,
    refused: gathering.refused,
    /** Writes what there is, then sends what is due: what happens every second. */
    async tick(): Promise<void> {
      await writing.settled();
      await writing.run();
      await alert();
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      await writing.settled();
      await writing.run();
      await alerting.settled();
    }
  };
}

/** Runs it, or joins the run that goes on. Never rejects. */
function oneAtATime(work: () => Promise<void>, failed: (error: unknown) => void) {
  let running: Promise<void> | null = null;
  return {
    run: (): Promise<void> =>
      (running ??= work()
        .catch(failed)
        .finally(() => (running = null))),
    settled: async (): Promise<void> => running ?? undefined
  };
}

async function write({ database, clock }: ProblemParts, { signs, recovered }: Gathered): Promise<void> {
  await database.web.begin(async (sql) => {
    // One node at a time: rows of many subjects, written in any order, would end in deadlocks.
    await sql`select pg_advisory_xact_lock(${LOCK})`;
    const now = new Date(clock());
    await recordRecovered(sql, recovered);
    await recordSigns(sql, signs);
    await recordHeld(sql);
    await openProblems(sql, now);
    // Those that have just opened although something succeeded after: a delivery that gave up.
    await recordRecovered(sql, recovered);
    await resolveProblems(sql, now);
  });
}
