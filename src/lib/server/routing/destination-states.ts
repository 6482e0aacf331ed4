// Whether a destination takes deliveries now: paused by a person, held by the circuit breaker, or active.

import type { Database } from '#lib/server/database/connect.ts';

/** Waiting deliveries are counted up to here. */
const COUNTED = 10_000;

/** As API and screens show it. Times ISO 8601 in UTC. */
export interface DestinationState {
  status: 'active' | 'paused' | 'held';
  since: string | null;
  /** Why, in words; null for one that is active. */
  reason: string | null;
  /** When one delivery is tried, to see whether it is back; only for one that is held. */
  next_probe_at: string | null;
  /** Deliveries that wait for it, counted up to 10,000. */
  waiting: number;
}

interface StateRow {
  id: number;
  paused_at: Date | null;
  paused_by: string | null;
  held_at: Date | null;
  held_reason: string | null;
  probe_at: Date | null;
  waiting: number;
}

/** The states of these destinations, by id. */
export async function readStates({ web }: Database, ids: readonly number[]): Promise<Map<number, DestinationState>> {
  const rows = await web<StateRow[]>`
    select wanted.id, s.paused_at, s.paused_by, s.held_at, s.held_reason, s.probe_at,
           (select count(*)::int from (select from delivery_queue q
              where q.destination_id = wanted.id and q.status = 'pending' limit ${COUNTED}) counted) as waiting
      from unnest(${[...ids]}::integer[]) as wanted (id)
      left join destination_states s on s.destination_id = wanted.id`;
  return new Map(rows.map((row) => [row.id, toState(row)]));
}

function toState({ waiting, ...row }: StateRow): DestinationState {
  if (row.paused_at !== null) {
    const reason = `Paused by ${row.paused_by ?? 'somebody'}.`;
    return { status: 'paused', since: row.paused_at.toISOString(), reason, next_probe_at: null, waiting };
  }
  if (row.held_at === null) return { status: 'active', since: null, reason: null, next_probe_at: null, waiting };
  const next = row.probe_at?.toISOString() ?? null;
  return { status: 'held', since: row.held_at.toISOString(), reason: row.held_reason, next_probe_at: next, waiting };
}
