// What was gathered, into the table: one row for each destination or source that fails, however many nodes saw it.

import type { Transaction } from '#lib/server/database/connect.ts';
import { DELIVERIES_KEPT, type Gathered, type Sign } from './gather.ts';

/** Suspicions end here; what is a problem already is marked, and resolve() looks at the mark. */
export async function recordRecovered(sql: Transaction, recovered: Gathered['recovered']): Promise<void> {
  if (recovered.length === 0) return;
  const given = sql`jsonb_to_recordset(${JSON.stringify(recovered)}::text::jsonb) as r (subject_id integer, at timestamptz)`;
  const isIts = sql`
    p.kind = 'destination_failing' and p.subject_id = r.subject_id and p.resolved_at is null and p.last_at <= r.at`;
  await sql`delete from problems p using ${given} where ${isIts} and p.opened_at is null`;
  await sql`update problems p set recovered_at = r.at, version = version + 1 from ${given}
             where ${isIts} and p.recovered_at is null`;
}

/**
 * Adds signs to the rows of their subjects. Called under the lock, so that no two nodes make a row for one subject.
 */
export async function recordSigns(sql: Transaction, signs: readonly Sign[]): Promise<void> {
  if (signs.length === 0) return;
  const fresh = freshSigns(sql, signs);
  await sql`
    update problems p
       set count = p.count + s.count, first_at = least(p.first_at, s.first_at), last_at = greatest(p.last_at, s.last_at),
           last_error = coalesce(s.last_error, p.last_error), gave_up = p.gave_up or s.gave_up,
           message_ids = array(
             select id from unnest(s.message_ids || p.message_ids) with ordinality as m (id, place)
              group by id order by min(place) limit 20),
           delivery_ids = array(
             select id from unnest(p.delivery_ids || s.delivery_ids) with ordinality as d (id, place)
              group by id order by min(place) limit ${DELIVERIES_KEPT}),
           recovered_at = null, version = p.version + 1
      from (${fresh}) s
     where ${isItsRow(sql)}`;
  await sql`
    insert into problems
      (kind, subject_id, subject_name, count, first_at, last_at, last_error, message_ids, delivery_ids, gave_up)
    select s.kind, s.subject_id, coalesce(d.name, o.name), s.count, s.first_at, s.last_at, s.last_error, s.message_ids,
           s.delivery_ids, s.gave_up
      from (${fresh}) s
      left join destinations d on s.kind = 'destination_failing' and d.id = s.subject_id
      left join sources o on s.kind = 'source_invalid' and o.id = s.subject_id
     where coalesce(d.name, o.name) is not null
       and not exists (select from problems p where ${isItsRow(sql)})`;
}

/** What the circuit breaker holds is a problem, and that it failed before is the same one. */
export async function recordHeld(sql: Transaction): Promise<void> {
  await sql`
    update problems p set kind = 'destination_held', last_error = s.held_reason, version = version + 1
      from destination_states s
     where s.destination_id = p.subject_id and s.held_at is not null
       and p.kind = 'destination_failing' and p.resolved_at is null`;
  await sql`
    insert into problems (kind, subject_id, subject_name, count, first_at, last_at, last_error)
    select 'destination_held', d.id, d.name, 0, s.held_at, s.held_at, s.held_reason
      from destination_states s join destinations d on d.id = s.destination_id
     where s.held_at is not null
       and not exists (select from problems p
                        where p.kind <> 'source_invalid' and p.subject_id = d.id
                          -- Who resolved it by hand has seen it.
                          and (p.resolved_at is null or p.resolved_at >= s.held_at))`;
}

/** Of a destination that is held, the failures go on where they are told already. */
const isItsRow = (sql: Transaction) => sql`
  p.subject_id = s.subject_id and p.resolved_at is null
  and (p.kind = s.kind or (p.kind = 'destination_held' and s.kind = 'destination_failing'))`;

/** Another node may be late with what went before somebody resolved the problem. */
function freshSigns(sql: Transaction, signs: readonly Sign[]) {
  return sql`
    select * from jsonb_to_recordset(${JSON.stringify(signs)}::text::jsonb) as g
      (kind text, subject_id integer, count bigint, first_at timestamptz, last_at timestamptz, last_error text,
       message_ids uuid[], delivery_ids uuid[], gave_up boolean)
     where not exists (select from problems p
                        where p.subject_id = g.subject_id and p.resolved_at >= g.last_at
                          and (p.kind = 'source_invalid') = (g.kind = 'source_invalid'))`;
}
