// The database's time: nodes go by it, so that their ids and leases agree.

import type { Sql } from './connect.ts';

const MEASURE_MS = 60_000;

export interface Clock {
  /** Milliseconds since 1970, the database's. */
  now(): number;
  stop(): void;
}

/** How far the database's clock is ahead of ours, milliseconds; half the round trip is its error. */
async function measureOffset(sql: Sql): Promise<number> {
  const before = Date.now();
  const [row] = await sql<{ ms: number }[]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
  const after = Date.now();
  const offset = (row?.ms ?? after) - (before + after) / 2;
  // One machine, one clock: what is left is the round trip's own error.
  return Math.abs(offset) <= after - before + 2 ? 0 : offset;
}

/** Starts following the database's clock; away from it, the last offset stays. */
export async function followClock(sql: Sql): Promise<Clock> {
  let offset = await measureOffset(sql);
  const timer = setInterval(() => {
    measureOffset(sql).then(
      (measured) => (offset = measured),
      () => {}
    );
  }, MEASURE_MS).unref();
  return { now: () => Date.now() + offset, stop: () => clearInterval(timer) };
}
