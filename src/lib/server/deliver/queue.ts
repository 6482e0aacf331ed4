// The delivery tables' SQL once something is claimed: renew, settle. Every write is fenced by the lease token.

import type { Sql, Transaction } from '#lib/server/database/connect.ts';
import { ensurePartitions, startOfDay } from '#lib/server/database/partitions.ts';
import type { Claimed } from './claim.ts';
import { millisecondOf } from './load.ts';
import { LEASE_SECONDS, type Attempt, type Work } from './work.ts';

const GONE = 'Its message is gone (erased, or past its retention): there was nothing left to deliver.';

const keys = (held: readonly { id: string; leaseToken: string }[]) => ({
  ids: held.map((item) => item.id),
  tokens: held.map((item) => item.leaseToken)
});

/** Keeps what is held held. @returns the ids that still are; the others were taken over */
export async function renewLeases(sql: Sql, held: readonly Work[]): Promise<string[]> {
  const { ids, tokens } = keys(held);
  const rows = await sql<{ id: string }[]>`
    update delivery_queue q set leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
      from unnest(${ids}::uuid[], ${tokens}::uuid[]) as held (id, token)
     where q.id = held.id and q.lease_token = held.token
    returning q.id`;
  return rows.map(({ id }) => id);
}

/** Gives back what was not begun, for others to take at once. */
export async function releaseLeases(sql: Sql, held: readonly { id: string; leaseToken: string }[]): Promise<void> {
  const { ids, tokens } = keys(held);
  await sql`
    update delivery_queue q set leased_until = null, lease_token = null
      from unnest(${ids}::uuid[], ${tokens}::uuid[]) as held (id, token)
     where q.id = held.id and q.lease_token = held.token`;
}

/** An attempt with the pause that follows it, when there is one. */
export interface Settled extends Attempt {
  pauseSeconds: number | null;
}

/**
 * Writes the attempts and what follows from them, in the given transaction or on its own.
 * @returns the ids whose lease was still ours; the others were not touched
 */
export async function settle(sql: Sql | Transaction, attempts: readonly Settled[]): Promise<Set<string>> {
  const again = attempts.filter((attempt) => attempt.pauseSeconds !== null);
  const over = attempts.filter((attempt) => attempt.pauseSeconds === null);
  const ours = new Set<string>();
  if (over.length > 0) for (const { id } of await settleOver(sql, over)) ours.add(id);
  if (again.length > 0) for (const { id } of await settleAgain(sql, again)) ours.add(id);
  return ours;
}

async function settleOver(sql: Sql | Transaction, attempts: readonly Settled[]): Promise<{ id: string }[]> {
  return sql<{ id: string }[]>`
    with tried as (select * from ${attemptRows(sql, attempts)}), done as (
      delete from delivery_queue q using tried where q.id = tried.id and q.lease_token = tried.token
      returning q.*
    ), result as (
      insert into delivery_results
        (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
      select done.id, done.message_id, done.source_id, done.destination_id,
             tried.status::delivery_status, done.attempt_count + 1, done.version + 1, tried.error
        from done join tried on tried.id = done.id
    )
    insert into attempts (delivery_id, number, started_at, duration_ms, outcome, status_code, error, detail)
    select done.id, done.attempt_count + 1, tried.started_at, tried.duration_ms, tried.outcome,
           tried.status_code, tried.error, tried.detail::jsonb
      from done join tried on tried.id = done.id
    returning delivery_id as id`;
}

async function settleAgain(sql: Sql | Transaction, attempts: readonly Settled[]): Promise<{ id: string }[]> {
  return sql<{ id: string }[]>`
    with tried as (select * from ${attemptRows(sql, attempts)}), failed as (
      update delivery_queue q
         set attempt_count = q.attempt_count + 1, tries = q.tries + tried.counts, version = q.version + 1, last_error = tried.error,
             due_at = now() + tried.pause * interval '1 second', waits_for = tried.waits_for,
             lease_token = null, leased_until = null
        from tried where q.id = tried.id and q.lease_token = tried.token
      returning q.id, q.attempt_count
    )
    insert into attempts (delivery_id, number, started_at, duration_ms, outcome, status_code, error, detail)
    select failed.id, failed.attempt_count, tried.started_at, tried.duration_ms, tried.outcome,
           tried.status_code, tried.error, tried.detail::jsonb
      from failed join tried on tried.id = failed.id
    returning delivery_id as id`;
}

/** Ends claimed deliveries whose message is gone: there is nothing to send, and they would be claimed for ever. */
export async function settleGone(sql: Sql, claimed: readonly Claimed[]): Promise<void> {
  const days = new Set(claimed.map(({ messageId }) => startOfDay(millisecondOf(messageId)).getTime()));
  for (const day of days) await ensurePartitions(sql, new Date(day), 1);
  const { ids, tokens } = keys(claimed);
  await sql`
    with gone as (
      delete from delivery_queue q using unnest(${ids}::uuid[], ${tokens}::uuid[]) as held (id, token)
       where q.id = held.id and q.lease_token = held.token
      returning q.*
    )
    insert into delivery_results
      (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
    select id, message_id, source_id, destination_id, 'failed', attempt_count, version + 1, ${GONE}::text from gone`;
}

function attemptRows(sql: Sql | Transaction, attempts: readonly Settled[]) {
  const column = <T>(value: (attempt: Settled) => T): T[] => attempts.map(value);
  return sql`unnest(
    ${column((a) => a.work.id)}::uuid[], ${column((a) => a.work.leaseToken)}::uuid[], ${column((a) => a.then)}::text[],
    ${column((a) => a.startedAt.toISOString())}::timestamptz[], ${column((a) => a.durationMs)}::real[],
    ${column((a) => a.outcome)}::text[], ${column((a) => a.statusCode)}::int[], ${column((a) => cleanText(a.error))}::text[],
    ${column((a) => detailText(a.detail))}::text[],
    ${column((a) => a.pauseSeconds)}::float8[], ${column((a) => a.waitsFor)}::text[],
    ${column((a) => Number(!a.work.probe))}::int[]
  ) as t (id, token, status, started_at, duration_ms, outcome, status_code, error, detail, pause, waits_for, counts)`;
}

/** jsonb takes no NUL and no lone surrogate, and one that it refuses would be tried for ever. */
function detailText(detail: Settled['detail']): string | null {
  if (detail === null) return null;
  const text = JSON.stringify(detail, (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value
  );
  return text.replaceAll('\\u0000', '\\ufffd');
}

/** PostgreSQL's text takes no NUL; errors quote payloads, and payloads hold anything. */
const cleanText = (text: string | null): string | null => text?.replaceAll('\0', '\uFFFD').slice(0, 4000) ?? null;

/** Makes deliveries due that wait for one of these, but those that another node is settling now. @returns how many */
export async function wakeWaiting(sql: Transaction, awaited: readonly string[]): Promise<number> {
  const woken = await sql`
    update delivery_queue set due_at = now()
     where id in (select id from delivery_queue
                   where waits_for in ${sql([...awaited])} and status = 'pending' and due_at > now()
                     for update skip locked)`;
  return woken.count;
}

/** For deliveries of messages that outlived their day's partition (messages_kept). */
export async function ensurePartitionsOf(sql: Sql, work: readonly Work[]): Promise<void> {
  for (const { message } of work) await ensurePartitions(sql, message.receivedAt, 1);
}
