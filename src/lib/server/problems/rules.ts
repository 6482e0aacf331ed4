// When a suspicion becomes a problem, and when a problem is over by itself. The numbers are argued in
// docs/decisions/0010-problems-and-alerts.md.

import type { Transaction } from '#lib/server/database/connect.ts';
import { DELIVERIES_KEPT } from './gather.ts';

/** Of a source: so many in a row, or so many of the newest WINDOW, all within WINDOW_MINUTES. */
const INVALID_IN_A_ROW = 5;
const WINDOW = 20;
const INVALID_OF_WINDOW = WINDOW / 2;
const WINDOW_MINUTES = 10;
const VALID_IN_A_ROW = 5;
/** After a success nothing may fail for this long. What came back within the hour has to be quiet longer. */
const QUIET_SECONDS = 5;
const QUIET_SECONDS_AGAIN = 300;

/** `o` is about what `p` is about. A destination that fails and one that is held are one thing. */
const isSameSubject = (sql: Transaction) => sql`
  o.subject_id = p.subject_id and (o.kind = 'source_invalid') = (p.kind = 'source_invalid')`;

/** Since when messages of a problem's source are looked at: what was resolved is not held against it again. */
function newestMessages(sql: Transaction, since: Date) {
  return sql`
    select verification, row_number() over (order by received_at desc, id desc) as place
      from (select received_at, id, verification from messages
             where source_id = p.subject_id and origin = 'received' and received_at > ${since}
               and received_at > coalesce(
                 (select max(o.resolved_at) from problems o where o.kind = p.kind and o.subject_id = p.subject_id),
                 '-infinity')
             order by received_at desc, id desc limit ${WINDOW}) as newest`;
}

/** Opens what is more than a suspicion, and forgets what has come to nothing. */
export async function openProblems(sql: Transaction, now: Date): Promise<void> {
  const since = new Date(now.getTime() - WINDOW_MINUTES * 60_000);
  await sql`
    delete from problems
     where kind = 'source_invalid' and opened_at is null and resolved_at is null and last_at < ${since}`;
  await sql`
    update problems p
       set opened_at = ${now}, version = version + 1,
           -- A subject is spoken of once an hour, however often it comes back.
           alert_due_at = greatest(${now}::timestamptz, (
             select max(o.alerted_at) + interval '1 hour' from problems o
              where ${isSameSubject(sql)}))
     where p.opened_at is null and p.resolved_at is null
       and case p.kind
             when 'destination_held' then true
             when 'destination_failing' then p.gave_up or cardinality(p.delivery_ids) >= ${DELIVERIES_KEPT}
             when 'source_invalid' then (
               select count(*) filter (where verification = 'invalid' and place <= ${INVALID_IN_A_ROW}) = ${INVALID_IN_A_ROW}
                   or count(*) filter (where verification = 'invalid') >= ${INVALID_OF_WINDOW}
                 from (${newestMessages(sql, since)}) as seen)
           end`;
}

/** Resolves what is over by itself. */
export async function resolveProblems(sql: Transaction, now: Date): Promise<void> {
  const over = (condition: ReturnType<typeof sql>, resolution: string) => sql`
    update problems p
       set resolved_at = ${now}, resolved_by = 'itself', resolution = ${resolution}, version = version + 1,
           alert_due_at = case when alert_count > 0 then ${now}::timestamptz end
     where p.opened_at is not null and p.resolved_at is null and ${condition}`;
  await over(
    sql`not exists (select from destinations d where p.kind <> 'source_invalid' and d.id = p.subject_id)
        and not exists (select from sources s where p.kind = 'source_invalid' and s.id = p.subject_id)`,
    'It was deleted.'
  );
  await over(
    sql`p.kind = 'destination_failing' and p.recovered_at <= ${now}::timestamptz - interval '1 second' * case
          when exists (select from problems o where ${isSameSubject(sql)} and o.opened_at is not null and o.resolved_at > ${now}::timestamptz - interval '1 hour')
          then ${QUIET_SECONDS_AGAIN}::float8 else ${QUIET_SECONDS}::float8 end`,
    'A delivery succeeded, and none has failed since.'
  );
  await over(
    sql`p.kind = 'source_invalid' and (
          select count(*) filter (where verification <> 'invalid' and place <= ${VALID_IN_A_ROW}) = ${VALID_IN_A_ROW}
            from (${newestMessages(sql, new Date(0))}) as seen)`,
    `The newest ${VALID_IN_A_ROW} messages are valid.`
  );
  await over(
    sql`p.kind = 'destination_held' and not exists (
          select from destination_states s where s.destination_id = p.subject_id and s.held_at is not null)`,
    'It answers again, and what was held goes out.'
  );
}
