// Brings what runs at once to the same point: a lock that all of it needs is held until enough of it waits.

import type { Database, Transaction } from '#lib/server/database/connect.ts';
import { until } from './until.ts';

export interface Meeting<T> {
  /** Takes the lock. */
  hold: (transaction: Transaction) => Promise<unknown>;
  /** Starts what shall meet. */
  start: () => Promise<T>;
  /** How many connections must wait for a lock before it is let go. */
  waiting: number;
}

/** What `start` resolves to, after the lock is let go. Uses one connection of `work` and one of `log`. */
export async function meet<T>(database: Database, { hold, start, waiting }: Meeting<T>): Promise<T> {
  const { started } = await database.work.begin(async (transaction) => {
    await hold(transaction);
    const running = start();
    await until(async () => (await lockWaiters(database)) >= waiting, {
      failure: async () => `${await lockWaiters(database)} of ${waiting} connections wait for a lock.`
    });
    // In an object: returned as it is, it would be awaited before the lock is let go.
    return { started: running };
  });
  return started;
}

async function lockWaiters(database: Database): Promise<number> {
  const rows = await database.log`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return rows.length;
}
