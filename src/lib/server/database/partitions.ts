// The daily partitions of the log: made ahead of time, listed, dropped. messages is cut by received_at, the two
// delivery tables by id, whose first 48 bits (uuidv7) are the same millisecond.

import type { Sql } from './connect.ts';

export const DAY_MS = 86_400_000;
const LOCK_TIMEOUT_MS = 200;
const LOCK_TRIES = 50;
const LOCK_PAUSE_MS = 50;

type PartitionedTable = 'messages' | 'delivery_results' | 'attempts';
const TABLES: readonly PartitionedTable[] = ['messages', 'delivery_results', 'attempts'];

/** One day of one table. `day` is its start, UTC. */
export interface Partition {
  name: string;
  table: PartitionedTable;
  day: Date;
}

/** The smallest uuidv7-shaped id of a millisecond: the lower bound of an id range. */
export function lowestId(milliseconds: number): string {
  const hex = Math.max(0, milliseconds).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The start of the UTC day that holds the time. */
export function startOfDay(time: Date | number): Date {
  const milliseconds = Number(time);
  return new Date(milliseconds - (milliseconds % DAY_MS));
}

function bounds(table: PartitionedTable, day: Date): [from: string, to: string] {
  const next = day.getTime() + DAY_MS;
  if (table === 'messages') return [day.toISOString(), new Date(next).toISOString()];
  return [lowestId(day.getTime()), lowestId(next)];
}

const partitionName = (table: PartitionedTable, day: Date): string =>
  `${table}_p${day.toISOString().slice(0, 10).replaceAll('-', '')}`;

/**
 * Makes what is missing of `days` daily partitions from the day of `from` on.
 * @returns the names made; safe to run on several nodes at once
 */
export async function ensurePartitions(sql: Sql, from: Date, days: number): Promise<string[]> {
  const present = new Set((await listPartitions(sql)).map((partition) => partition.name));
  const made: string[] = [];
  for (let i = 0; i < days; i++) {
    const day = startOfDay(from.getTime() + i * DAY_MS);
    for (const table of TABLES) {
      const name = partitionName(table, day);
      if (present.has(name)) continue;
      if (await attach(sql, table, day)) made.push(name);
    }
  }
  return made;
}

/**
 * CREATE … LIKE and ATTACH instead of CREATE … PARTITION OF: the latter takes ACCESS EXCLUSIVE on the parent and would
 * stop the door behind the longest reader.
 * @returns false when another node was faster
 */
async function attach(sql: Sql, table: PartitionedTable, day: Date): Promise<boolean> {
  const name = partitionName(table, day);
  const [from, to] = bounds(table, day);
  return withLockTimeout(async () => {
    try {
      await sql.begin(async (transaction) => {
        await transaction.unsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await transaction.unsafe(`create table "${name}" (like ${table} including defaults including constraints)`);
        await transaction.unsafe(
          `alter table ${table} attach partition "${name}" for values from ('${from}') to ('${to}')`
        );
      });
      return true;
    } catch (error) {
      if (hasCode(error, '42P07') || hasCode(error, '23505')) return false;
      throw error;
    }
  });
}

/** All partitions that are attached, or half detached, oldest first. */
export async function listPartitions(sql: Sql): Promise<Partition[]> {
  const rows = await sql<{ name: string; table: PartitionedTable }[]>`
    select c.relname as name, p.relname as "table"
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
      join pg_class p on p.oid = i.inhparent
      join pg_namespace n on n.oid = p.relnamespace and n.nspname = current_schema()
     where p.relname in ${sql(TABLES)} and c.relkind = 'r' and c.relname ~ '_p[0-9]{8}$'
     order by c.relname`;
  return rows.map(({ name, table }) => ({ name, table, day: dayOfName(name) }));
}

function dayOfName(name: string): Date {
  const digits = name.slice(-8);
  return new Date(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}T00:00:00Z`);
}

/**
 * Drops one partition without stopping writers: detached first (CONCURRENTLY: no ACCESS EXCLUSIVE on the parent), then
 * dropped on its own.
 */
export async function dropPartition(sql: Sql, partition: Partition): Promise<void> {
  const quoted = `"${partition.name}"`;
  const [link] = await sql`select 1 from pg_inherits where inhrelid = to_regclass(${quoted})`;
  if (link) await sql.unsafe(`alter table ${partition.table} detach partition ${quoted} concurrently`);
  await sql.unsafe(`drop table if exists ${quoted}`);
}

/**
 * Ends the drops that a crash left half done. Before any other: a table with one detach pending refuses the next.
 * @returns the names that are gone now
 */
export async function finishDrops(sql: Sql): Promise<string[]> {
  const pending = await sql<{ name: string; table: PartitionedTable }[]>`
    select c.relname as name, p.relname as "table"
      from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
     where i.inhdetachpending and p.relname in ${sql(TABLES)} order by c.relname`;
  for (const { name, table } of pending) {
    await sql.unsafe(`alter table ${table} detach partition "${name}" finalize`);
    await sql.unsafe(`drop table if exists "${name}"`);
  }
  return pending.map(({ name }) => name);
}

/** Names among these that pg_class still knows: what a prune believes gone must be gone. */
export async function stillThere(sql: Sql, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await sql<{ relname: string }[]>`select relname from pg_class where relname in ${sql([...names])}`;
  return rows.map((row) => row.relname);
}

async function withLockTimeout<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries >= LOCK_TRIES || !hasCode(error, '55P03')) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
