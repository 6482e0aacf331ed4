// Bodies of invalid messages have a budget a source and day: nobody without a secret can fill the disk.

import type { Sql } from '#lib/server/database/connect.ts';
import { DAY_MS } from '#lib/server/database/partitions.ts';

const INVALID_BODY_BYTES_PER_DAY = 256 * 1024 * 1024;
const FLUSH_MS = 2000;

interface Use {
  day: number;
  /** Known of all nodes at the last flush, plus ours since. */
  total: number;
  unflushed: number;
}

/**
 * Makes the budget. Counted in memory and added to the database's count every two seconds, so that nodes and restarts
 * share it to within what arrives in that time.
 */
export function createInvalidBudget(sql: Sql, clock: () => number, limitBytes = INVALID_BODY_BYTES_PER_DAY) {
  const uses = new Map<number, Use>();

  function useToday(sourceId: number): Use {
    const day = Math.floor(clock() / DAY_MS);
    const known = uses.get(sourceId);
    if (known?.day === day) return known;
    const fresh = { day, total: 0, unflushed: 0 };
    uses.set(sourceId, fresh);
    return fresh;
  }

  async function flush(): Promise<void> {
    for (const [sourceId, use] of uses) if (use.unflushed > 0) await flushUse(sourceId, use);
  }

  async function flushUse(sourceId: number, use: Use): Promise<void> {
    const bytes = use.unflushed;
    use.unflushed = 0;
    try {
      const [row] = await sql<{ bytes: number }[]>`
        insert into invalid_body_usage (source_id, day, bytes)
        values (${sourceId}, ${new Date(use.day * DAY_MS)}, ${bytes})
        on conflict (source_id, day) do update set bytes = invalid_body_usage.bytes + excluded.bytes
        returning bytes`;
      use.total = (row?.bytes ?? 0) + use.unflushed;
    } catch (error) {
      use.unflushed += bytes;
      throw error;
    }
  }

  // The database away: the count goes on in memory and is added when it is back.
  const timer = setInterval(() => void flush().catch(() => {}), FLUSH_MS).unref();

  return {
    /** Books a body; false when it is past the budget and must not be stored. */
    take(sourceId: number, bytes: number): boolean {
      const use = useToday(sourceId);
      if (use.total + bytes > limitBytes) return false;
      use.total += bytes;
      use.unflushed += bytes;
      return true;
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      await flush().catch(() => {});
    }
  };
}

export type InvalidBudget = ReturnType<typeof createInvalidBudget>;
