// A destination that takes nothing for a while: paused by a person, or held by the circuit breaker. What waits for it is held
// with it, and goes when it takes deliveries again.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';

const FIRST_PROBE_SECONDS = 10;
const LONGEST_PROBE_PAUSE_SECONDS = 300;

/** A person pauses it. @param by who, as the audit log says it. @returns false when there is no such destination */
export async function pauseDestination({ web }: Database, id: number, by: string): Promise<boolean> {
  const rows = await web`
    insert into destination_states as s (destination_id, paused_at, paused_by)
    select id, now(), ${by} from destinations where id = ${id}
    on conflict (destination_id) do update
      set paused_at = coalesce(s.paused_at, excluded.paused_at), paused_by = coalesce(s.paused_by, excluded.paused_by)
    returning 1`;
  return rows.length > 0;
}

/** A person lets it go on: one that is paused at once, one that is held is tried at once. */
export async function resumeDestination({ web }: Database, id: number): Promise<boolean> {
  const rows = await web`select 1 from destinations where id = ${id}`;
  await web.begin(async (sql) => {
    const resumed = await sql`
      update destination_states set paused_at = null, paused_by = null
       where destination_id = ${id} and paused_at is not null returning 1`;
    if (resumed.length > 0) await makeDue(sql, id);
    await probeNow(sql, [id]);
  });
  return rows.length > 0;
}

/** The circuit breaker opens. @param pauseSeconds until the first probe, at least @returns false: it was held already */
export async function holdDestination(
  sql: Sql,
  id: number,
  { reason, pauseSeconds }: { reason: string; pauseSeconds: number }
): Promise<boolean> {
  const rows = await sql`
    insert into destination_states as s (destination_id, held_at, held_reason, probe_at, probes)
    select id, now(), ${reason}, now() + ${Math.max(FIRST_PROBE_SECONDS, pauseSeconds)} * interval '1 second', 0
      from destinations where id = ${id}
    on conflict (destination_id) do update
      set held_at = excluded.held_at, held_reason = excluded.held_reason, probe_at = excluded.probe_at, probes = 0
    where s.held_at is null
    returning 1`;
  return rows.length > 0;
}

/** A probe failed: the next comes later, and later each time. */
export async function keepHeld(
  sql: Sql,
  id: number,
  { reason, pauseSeconds }: { reason: string; pauseSeconds: number }
): Promise<void> {
  await sql`
    update destination_states
       set held_reason = ${reason},
           probe_at = now() + greatest(${pauseSeconds}::float8, least(
             ${FIRST_PROBE_SECONDS}::float8 * 2 ^ least(probes, 10), ${LONGEST_PROBE_PAUSE_SECONDS}::float8)) * interval '1 second'
     where destination_id = ${id} and held_at is not null`;
}

/** It answered: what waits goes, also what had a pause before its next try. @returns false: it was not held */
export async function releaseDestination(sql: Sql, id: number): Promise<boolean> {
  return sql.begin(async (transaction) => {
    const released = await transaction`
      update destination_states set held_at = null, held_reason = null, probe_at = null, probes = 0
       where destination_id = ${id} and held_at is not null returning 1`;
    if (released.length > 0) await makeDue(transaction, id);
    return released.length > 0;
  });
}

/** Held destinations among these are tried at once. */
export async function probeNow(sql: Sql | Transaction, ids: readonly number[]): Promise<void> {
  await sql`update destination_states set probe_at = now() where destination_id = any(${[...ids]}::integer[]) and held_at is not null`;
}

async function makeDue(sql: Transaction, id: number): Promise<void> {
  await sql`
    update delivery_queue set due_at = now(), version = version + 1
     where id in (select id from delivery_queue
                   where destination_id = ${id} and status = 'pending' and due_at > now() for update skip locked)`;
}
