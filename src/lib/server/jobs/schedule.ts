// Runs the prune at start and every hour.

import type { Logger } from 'pino';
import type { Clock } from '#lib/server/database/clock.ts';
import { openPool, type Sql } from '#lib/server/database/connect.ts';
import { prune } from './prune.ts';

const HOUR_MS = 3_600_000;
/** Detaching a partition waits for whoever reads it. */
const STATEMENT_TIMEOUT_MS = 600_000;

export interface PruningParts {
  /** Of the database: each run has a connection of its own. */
  url: string;
  clock: Clock;
  retentionDays: number;
  logger: Logger;
}

/** Starts the hourly prune. */
export function startPruning({ url, clock, retentionDays, logger }: PruningParts) {
  let running: Promise<unknown> | null = null;
  let session: Sql | null = null;

  async function run(): Promise<void> {
    const sql = openPool(url, 1, STATEMENT_TIMEOUT_MS);
    session = sql;
    try {
      const { outcome, detail } = await prune({ sql, now: clock.now(), retentionDays });
      if (outcome === 'waiting' || outcome === 'failed') logger.warn({ outcome, detail }, 'prune needs a look');
    } catch (error) {
      logger.error({ err: error }, 'prune failed; it runs again in an hour');
    } finally {
      session = null;
      await sql.end({ timeout: 1 });
    }
  }

  const now = (): Promise<unknown> => (running ??= run().finally(() => (running = null)));
  const timer = setInterval(() => void now(), HOUR_MS).unref();
  void now();
  return {
    /** Runs now, or joins the run that goes on. */
    now,
    async stop(): Promise<void> {
      clearInterval(timer);
      // The next run, here or elsewhere, ends what this one had begun.
      await session?.end({ timeout: 0 });
      await running;
    }
  };
}
