// The log as the door sees it: add(entry) resolves once the entry is committed.

import { randomUUID } from 'node:crypto';
import type { Database } from '#lib/server/database/connect.ts';
import { ensurePartitions } from '#lib/server/database/partitions.ts';
import { createBatcher, type Batcher } from './batcher.ts';
import type { Logged, LogEntry } from './entry.ts';
import { writeBatch } from './write.ts';

/** One committed batch: what the way goes on with. */
export interface Committed<Entry extends LogEntry> {
  entries: readonly Entry[];
  logged: readonly Logged[];
  /** Fences the deliveries of these entries that were written as leased. */
  leaseToken: string;
}

export interface LogParts<Entry extends LogEntry> {
  database: Database;
  /** Told after each commit, before the senders are answered. Must not throw. */
  onCommitted(committed: Committed<Entry>): void;
  /** Our own deadline on a batch, milliseconds: postgres.js can hang on a reconnect (porsager/postgres#1193). */
  deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 10_000;
const TRIES_AFTER_DEADLOCK = 3;

/** Opens the log for writing. */
export function openLog<Entry extends LogEntry>(parts: LogParts<Entry>): Batcher<Entry> {
  const deadlineMs = parts.deadlineMs ?? DEFAULT_DEADLINE_MS;
  async function write(entries: readonly Entry[]): Promise<Logged[]> {
    const leaseToken = randomUUID();
    const committed = writeRetrying(parts.database, entries, leaseToken).then((logged) => {
      // After the deadline too: the senders were told to come again, but what is in the log is on its way.
      parts.onCommitted({ entries, logged, leaseToken });
      return logged;
    });
    return withinDeadline(committed, deadlineMs);
  }
  return createBatcher<Entry>({ write, isDataError, soften });
}

async function writeRetrying(database: Database, entries: readonly LogEntry[], leaseToken: string): Promise<Logged[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await writeBatch(database.log, entries, leaseToken);
    } catch (error) {
      if (tries >= TRIES_AFTER_DEADLOCK) throw error;
      if (isMissingPartition(error)) await makePartitions(database, entries);
      else if (sqlState(error) !== '40P01') throw error;
    }
  }
}

async function makePartitions(database: Database, entries: readonly LogEntry[]): Promise<void> {
  for (const day of new Set(entries.map((entry) => Math.floor(entry.receivedAt / 86_400_000)))) {
    await ensurePartitions(database.web, new Date(day * 86_400_000), 1);
  }
}

function withinDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The log batch took longer than ${milliseconds} ms.`)), milliseconds);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

/** The SQLSTATE of a database error, else null. */
function sqlState(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function isMissingPartition(error: unknown): boolean {
  return sqlState(error) === '23514' && error instanceof Error && error.message.startsWith('no partition of relation');
}

/** Class 22: data exception; 54: a limit such as the stack depth; 21, 23: the row itself. Never the connection. */
function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && !isMissingPartition(error) && /^(21|22|23|54)[0-9A-Z]{3}$/.test(state);
}

/** JSON that PostgreSQL refuses (deeper than its stack, say) is kept as bytes: such a body is a body, not an error. */
function soften<Entry extends LogEntry>(entry: Entry): Entry | null {
  return entry.isJson ? { ...entry, isJson: false, jsonQueryable: false } : null;
}
