// Claiming: what is due and in nobody's hands, destination by destination, so that one with much waiting, or one that
// takes nothing now, leaves the others as they are.

import type { Sql } from '#lib/server/database/connect.ts';
import { isHeadOfOrder } from './order.ts';
import { LEASE_SECONDS } from './work.ts';

/** What a claim takes of all destinations together; each gets an equal share, but not less than the least. */
export const CLAIM_LIMIT = 400;
export const LEAST_SHARE = 8;
/** A probe that nobody comes back from is made again after this. */
const PROBE_LEASE_SECONDS = 20;
/** How long a node runs a limited destination alone after its last claim. */
const OWNED_SECONDS = 10;

export interface Claimed {
  id: string;
  messageId: string;
  destinationId: number;
  attemptCount: number;
  tries: number;
  leaseToken: string;
  /** The one delivery that a held destination is tried with: how it ends decides for the others. */
  probe: boolean;
}

/** A destination whose deliveries have a rate, a number at once or an order. */
export interface Limited {
  id: number;
  /** How many more this process may take in hand. */
  room: number;
}

/** Takes due deliveries of all but these destinations, and those that are paused or held; oldest due first. */
export async function claimDue(
  sql: Sql,
  { leaseToken, except }: { leaseToken: string; except: readonly number[] }
): Promise<Claimed[]> {
  return sql<Claimed[]>`
    with open as materialized (
      select w.destination_id from waiting_destinations w left join destination_states s using (destination_id)
       where s.paused_at is null and s.held_at is null and w.destination_id <> all(${[...except]}::integer[])
    ), due as (
      select q.id from open cross join lateral (
        select id from delivery_queue
         where destination_id = open.destination_id and status = 'pending' and due_at <= now()
           and (leased_until is null or leased_until < now())
         order by due_at limit (select greatest(${LEAST_SHARE}, ${CLAIM_LIMIT} / count(*)) from open)
         for update skip locked
      ) q
    )
    ${leased(sql, leaseToken, false)}`;
}

/**
 * Takes due deliveries of limited destinations, of each that no other node runs: rate, number at once and order can
 * then be kept by whoever has them in hand. Of an order only the head is taken.
 * @param node this process
 */
export async function claimLimited(
  sql: Sql,
  { leaseToken, node, limited }: { leaseToken: string; node: string; limited: readonly Limited[] }
): Promise<Claimed[]> {
  return sql<Claimed[]>`
    with ready as materialized (
      select room.* from unnest(
             ${limited.map(({ id }) => id)}::integer[], ${limited.map(({ room }) => room)}::integer[]
           ) as room (destination_id, deliveries)
        join waiting_destinations using (destination_id)
        join destinations d on d.id = destination_id
        left join destination_states s using (destination_id)
       where s.paused_at is null and s.held_at is null and (s.owner = ${node} is not false or s.owned_until < now())
    ), owned as (
      insert into destination_states as s (destination_id, owner, owned_until)
      select destination_id, ${node}::uuid, now() + ${OWNED_SECONDS} * interval '1 second' from ready
       order by destination_id
      on conflict (destination_id) do update set owner = excluded.owner, owned_until = excluded.owned_until
       where s.owner = excluded.owner is not false or s.owned_until < now()
      returning destination_id
    ), due as (
      select q.id from ready join owned using (destination_id) cross join lateral (
        select id from delivery_queue q
         where destination_id = ready.destination_id and status = 'pending' and due_at <= now()
           and (leased_until is null or leased_until < now()) and ${isHeadOfOrder(sql)}
         order by due_at, message_id limit ready.deliveries
         for update skip locked
      ) q
    )
    ${leased(sql, leaseToken, false)}`;
}

/** Takes one delivery of each held destination whose probe is due, whether or not its own next try is. */
export async function claimProbes(sql: Sql, leaseToken: string): Promise<Claimed[]> {
  return sql<Claimed[]>`
    with candidate as (
      select s.destination_id, q.id from destination_states s
        join waiting_destinations w on w.destination_id = s.destination_id
       cross join lateral (
         select id from delivery_queue q
          where destination_id = s.destination_id and status = 'pending'
            and (leased_until is null or leased_until < now()) and ${isHeadOfOrder(sql)}
          order by due_at, message_id limit 1
          for update skip locked
       ) q
       where s.paused_at is null and s.probe_at <= now()
    ), probed as (
      update destination_states s
         set probe_at = now() + ${PROBE_LEASE_SECONDS} * interval '1 second', probes = probes + 1
        from candidate c
       where c.destination_id = s.destination_id and s.paused_at is null and s.probe_at <= now()
      returning s.destination_id
    ), due as (
      select c.id from candidate c join probed using (destination_id)
    )
    ${leased(sql, leaseToken, true)}`;
}

/** The lease on what `due` has chosen. */
const leased = (sql: Sql, leaseToken: string, probe: boolean) => sql`
  update delivery_queue q
     set lease_token = ${leaseToken}, leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
    from due where q.id = due.id
  returning q.id, q.message_id as "messageId", q.destination_id as "destinationId", q.attempt_count as "attemptCount",
            q.tries, q.lease_token as "leaseToken", ${Number(probe)}::int = 1 as probe`;
