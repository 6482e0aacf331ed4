// The parts of a prune that go row by row: what is kept, what a source wants gone sooner, and the small tables.

import type { Sql } from '#lib/server/database/connect.ts';
import { DAY_MS, lowestId } from '#lib/server/database/partitions.ts';

const BATCH = 2000;
/** Stripe retries for three days; a day more for clocks and outages. */
const EVENT_KEY_HOURS = 96;
const UNKNOWN_REQUESTS_KEPT = 100;
const PRUNE_RUNS_KEPT = 200;
const RESOLVED_PROBLEMS_DAYS = 90;

/**
 * Copies the day's messages that are pending or have a pending or held delivery to messages_kept, so that dropping
 * their partition loses nothing that was accepted.
 * @returns how many
 */
export async function keepUnfinished(sql: Sql, day: Date): Promise<number> {
  const next = new Date(day.getTime() + DAY_MS);
  const kept = await sql`
    insert into messages_kept
    select m.* from messages m
     where m.received_at >= ${day} and m.received_at < ${next}
       and (m.verification = 'pending' or m.id in (
             select message_id from delivery_queue
              where id >= ${lowestId(day.getTime())} and id < ${lowestId(next.getTime())}))
    on conflict do nothing`;
  return kept.count;
}

/** Deletes, in small batches, what sources with a retention of their own no longer want. @returns how many messages */
export async function pruneShortRetention(sql: Sql, now: number, retentionDays: number): Promise<number> {
  const sources = await sql<{ id: number; days: number }[]>`
    select id, (options ->> 'retention_days')::float8 as days from sources
     where (options ->> 'retention_days')::float8 < ${retentionDays}`;
  let removed = 0;
  for (const { id, days } of sources) {
    const cutoff = new Date(now - days * DAY_MS);
    for (let count = BATCH; count === BATCH; removed += count) count = await removeOld(sql, id, cutoff);
  }
  return removed;
}

async function removeOld(sql: Sql, sourceId: number, cutoff: Date): Promise<number> {
  const removed = await sql`
    with old as (
      select m.received_at, m.id,
             (left(m.id::text, 13) || '-0000-0000-000000000000')::uuid as low,
             (left(m.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid as high
        from messages m
       where m.source_id = ${sourceId} and m.received_at < ${cutoff} and m.verification <> 'pending'
         and not exists (
           select from delivery_queue q
            where q.id between (left(m.id::text, 13) || '-0000-0000-000000000000')::uuid
                           and (left(m.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
              and q.message_id = m.id)
       limit ${BATCH}
    ), results as (
      delete from delivery_results r using old
       where r.id between old.low and old.high and r.message_id = old.id returning r.id
    ), tried as (
      delete from attempts a using results where a.delivery_id = results.id
    )
    delete from messages m using old where m.received_at = old.received_at and m.id = old.id`;
  return removed.count;
}

/** Event keys past their time, kept messages that are done, and the tables that only need their newest rows. */
export async function emptySmallTables(sql: Sql, now: number, retentionDays: number): Promise<number> {
  const keysBefore = new Date(now - EVENT_KEY_HOURS * 3_600_000);
  let keys = 0;
  for (let count = BATCH; count === BATCH; keys += count) {
    const deleted = await sql`
      delete from event_keys where ctid in (select ctid from event_keys where claimed_at < ${keysBefore} limit ${BATCH})`;
    count = deleted.count;
  }
  await sql`
    delete from messages_kept k
     where k.received_at < ${new Date(now - retentionDays * DAY_MS)} and k.verification <> 'pending'
       and not exists (select from delivery_queue q where q.message_id = k.id)`;
  await pruneJobs(sql, new Date(now - retentionDays * DAY_MS));
  await sql`delete from invalid_body_usage where day < ${new Date(now - 2 * DAY_MS)}`;
  await sql`
    delete from unknown_requests where id <= (select max(id) - ${UNKNOWN_REQUESTS_KEPT} from unknown_requests)`;
  await sql`delete from sessions where expires_at < ${new Date(now)} or absolute_expires_at < ${new Date(now)}`;
  await sql`delete from password_links where expires_at < ${new Date(now - DAY_MS)}`;
  await sql`
    delete from problems
     where resolved_at < ${new Date(now - RESOLVED_PROBLEMS_DAYS * DAY_MS)}
        or (opened_at is null and last_at < ${new Date(now - retentionDays * DAY_MS)})`;
  await sql`delete from prune_runs where id <= (select max(id) - ${PRUNE_RUNS_KEPT} from prune_runs)`;
  return keys;
}

/** Finished jobs, and those that nobody started; what they say of messages goes first, in small batches. */
async function pruneJobs(sql: Sql, before: Date): Promise<void> {
  const old = sql`
    select id from jobs where finished_at < ${before} or state in ('preparing', 'ready') and created_at < ${before}`;
  for (let count = BATCH; count === BATCH;) {
    const deleted = await sql`
      delete from job_items where ctid in (select ctid from job_items where job_id in (${old}) limit ${BATCH})`;
    count = deleted.count;
  }
  await sql`delete from jobs where id in (${old})`;
}
