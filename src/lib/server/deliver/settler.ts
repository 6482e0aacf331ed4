// Writes what came of single tries, together: what ends while one statement runs goes with the next.

import type { Sql } from '#lib/server/database/connect.ts';
import { ensurePartitionsOf, settle, type Settled } from './queue.ts';

/** A response may be 64 KB. */
const MAX_TOGETHER = 100;
const MISSING_PARTITION = '23514';

interface Waiting {
  item: Settled;
  done(ours: boolean): void;
  failed(error: unknown): void;
}

export interface Settler {
  /** @returns false: fenced off, another worker has the delivery by now and tells of it */
  settle(item: Settled): Promise<boolean>;
}

/** Makes one. @param told what was written, after its commit */
export function createSettler(sql: Sql, told: (settled: Settled[]) => void): Settler {
  const waiting: Waiting[] = [];
  let writing = false;

  async function write(group: readonly Waiting[]): Promise<void> {
    const ours = await settleAll(
      sql,
      group.map(({ item }) => item)
    );
    const written = group.filter(({ item }) => ours.has(item.work.id));
    if (written.length > 0) told(written.map(({ item }) => item));
    for (const { item, done } of group) done(ours.has(item.work.id));
  }

  /** One that the database does not take must not keep the others from being written. */
  async function writeEach(group: readonly Waiting[]): Promise<void> {
    try {
      await write(group);
    } catch (error) {
      if (group.length === 1) group[0]?.failed(error);
      else for (const one of group) await writeEach([one]);
    }
  }

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) await writeEach(waiting.splice(0, MAX_TOGETHER));
    writing = false;
  }

  return {
    settle: (item) =>
      new Promise((done, failed) => {
        waiting.push({ item, done, failed });
        if (!writing) void writeAll();
      })
  };
}

async function settleAll(sql: Sql, items: readonly Settled[]): Promise<Set<string>> {
  try {
    return await settle(sql, items);
  } catch (error) {
    if (!isMissingPartition(error)) throw error;
    await ensurePartitionsOf(
      sql,
      items.map(({ work }) => work)
    );
    return settle(sql, items);
  }
}

/** The message outlived its day's partition (messages_kept). */
export function isMissingPartition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === MISSING_PARTITION;
}
