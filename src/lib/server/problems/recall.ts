// At start: what a process that ended suddenly had gathered and not written is looked up in the log.

import type { Sql } from '#lib/server/database/connect.ts';
import type { Sign } from './gather.ts';

const LOOK_BACK_MINUTES = 15;

/**
 * Signs of what has failed lately and is in no problem yet: deliveries that gave up with no success after them, and
 * invalid messages.
 * @param before when this process began to gather by itself
 */
export async function recallSigns(sql: Sql, before: Date): Promise<Sign[]> {
  const lately = { since: new Date(before.getTime() - LOOK_BACK_MINUTES * 60_000), before };
  const [gaveUp, invalid] = await Promise.all([failedDeliveries(sql, lately), invalidMessages(sql, lately)]);
  return [...gaveUp, ...invalid].map(({ first_at: firstAt, last_at: lastAt, ...sign }) => ({
    ...sign,
    first_at: firstAt.toISOString(),
    last_at: lastAt.toISOString()
  }));
}

interface Lately {
  since: Date;
  before: Date;
}

type SignRow = Omit<Sign, 'first_at' | 'last_at'> & { first_at: Date; last_at: Date };

async function failedDeliveries(sql: Sql, { since, before }: Lately): Promise<SignRow[]> {
  return sql<SignRow[]>`
    select 'destination_failing' as kind, r.destination_id as subject_id, count(*) as count,
           min(r.finished_at) as first_at, max(r.finished_at) as last_at, left(max(r.last_error), 500) as last_error,
           (array_agg(r.message_id order by r.finished_at desc))[:20] as message_ids,
           (array_agg(r.id order by r.finished_at))[:3] as delivery_ids, true as gave_up
      from delivery_results r
     where r.status = 'failed' and r.finished_at > ${since} and r.finished_at < ${before}
       -- last_at came through JavaScript, which has no microseconds.
       and date_trunc('milliseconds', r.finished_at) > coalesce((
             select max(greatest(p.last_at, p.resolved_at)) from problems p
              where p.kind <> 'source_invalid' and p.subject_id = r.destination_id), '-infinity')
       and not exists (
             select from delivery_results s
              where s.destination_id = r.destination_id and s.status = 'succeeded' and s.finished_at >= r.finished_at)
     group by r.destination_id`;
}

async function invalidMessages(sql: Sql, { since, before }: Lately): Promise<SignRow[]> {
  return sql<SignRow[]>`
    select 'source_invalid' as kind, s.id as subject_id, count(*) as count, min(m.received_at) as first_at,
           max(m.received_at) as last_at, left(max(m.verification_reason), 500) as last_error,
           array_agg(m.id order by m.received_at desc) as message_ids, '{}'::uuid[] as delivery_ids, false as gave_up
      from sources s
      cross join lateral (
        select id, received_at, verification, verification_reason from messages
         where source_id = s.id and origin = 'received' and received_at > ${since} and received_at < ${before}
         order by received_at desc limit 20) m
     where m.verification = 'invalid'
       and m.received_at > coalesce((
             select max(greatest(p.last_at, p.resolved_at)) from problems p
              where p.kind = 'source_invalid' and p.subject_id = s.id), '-infinity')
     group by s.id`;
}
