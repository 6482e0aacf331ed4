// Prune at faked dates: what goes, what stays, and what a clock that is wrong cannot do.

import { expect, test } from 'vitest';
import { DAY_MS, listPartitions, startOfDay } from '#lib/server/database/partitions.ts';
import { prune, type PruneOutcome } from '#lib/server/jobs/prune.ts';
import { readBody } from '#lib/server/log/body.ts';
import type { LogEntry } from '#lib/server/log/entry.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { openLog } from '#lib/server/log/log.ts';
import { testDatabase } from '../support/database.ts';
import { logEntry } from '../support/log-entries.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();
const sql = database.web;
const log = openLog({ database, onCommitted: () => {} });
const NOON = startOfDay(Date.now()).getTime() + DAY_MS / 2;
/** Far from the days that the template of the tests has. */
const START = NOON + 1000 * DAY_MS;

let serial = 0;

/** A message received at a time, with its id of that millisecond. */
async function received(at: number, given: Partial<LogEntry> = {}): Promise<LogEntry> {
  const time = at.toString(16).padStart(12, '0');
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(serial++).padStart(12, '0')}`;
  const entry = logEntry(`{"serial":${serial}}`, { id, receivedAt: at, ...given });
  await log.add(entry);
  return entry;
}

const run = (now: number) => prune({ sql, now, retentionDays: 7 });

/** Runs until nothing waits for a confirming run: the template's days are older than all of this. */
async function settleAt(now: number): Promise<void> {
  const { outcome } = await run(now);
  if (outcome === 'waiting') await run(now + 3_600_000);
}

const daysLeft = async (): Promise<Set<number>> =>
  new Set((await listPartitions(sql)).map((partition) => partition.day.getTime()));

test('what is older than the retention goes with its day; the ledger and the days ahead stay', async () => {
  await settleAt(START);
  const [account] = await sql<{ id: number }[]>`
    insert into accounts (name, currency) values ('Ada', 'usd') returning id`;
  const old = await received(START);
  await sql`
    insert into ledger_entries (account_id, amount, balance_after, kind, reason, provider, fact, message_id)
    values (${account?.id ?? 0}, 5, 5, 'payment', 'Payment', 'stripe', 'payment:pi_1', ${old.id})`;
  const later = START + 8 * DAY_MS;
  const young = await received(later - DAY_MS);
  const { outcome, detail } = await run(later);
  expect(outcome satisfies PruneOutcome).toBe('done');
  expect(detail?.dropped).toContain(`messages_p${new Date(START).toISOString().slice(0, 10).replaceAll('-', '')}`);
  expect(await readBody(database, old.id)).toBeNull();
  expect((await readBody(database, young.id))?.equals(young.body)).toBe(true);
  expect(await daysLeft()).toContain(startOfDay(later + 7 * DAY_MS).getTime());
  expect(await sql`select message_id from ledger_entries where fact = 'payment:pi_1'`).toEqual([
    { message_id: old.id }
  ]);
});

test('a message that still has something to be delivered outlives its day, whole', async () => {
  const now = START + 20 * DAY_MS;
  await settleAt(now);
  const body = await received(now);
  const waiting = await received(now, {
    deliveries: [{ id: deliveryIdFor(body.id), destinationId: 1, leased: false, orderKey: null }]
  });
  const later = now + 8 * DAY_MS;
  await settleAt(later);
  expect(await readBody(database, body.id)).toBeNull();
  expect((await readBody(database, waiting.id))?.equals(waiting.body)).toBe(true);
  expect(await sql`select 1 from delivery_queue where message_id = ${waiting.id}`).toHaveLength(1);
  await sql`delete from delivery_queue where message_id = ${waiting.id}`;
  await settleAt(later + DAY_MS);
  expect(await readBody(database, waiting.id)).toBeNull();
});

test('a clock eight days ahead empties nothing until a second run, half an hour later, says the same', async () => {
  const now = START + 40 * DAY_MS;
  await settleAt(now);
  const days = [0, 1, 2, 3].map((day) => received(now + day * DAY_MS));
  const [first] = await Promise.all(days);
  const ahead = now + 14 * DAY_MS;
  const wrong = await run(ahead);
  expect(wrong.outcome).toBe('waiting');
  expect(wrong.detail?.waiting.length).toBeGreaterThan(2);
  expect((await run(ahead + 60_000)).outcome).toBe('waiting');
  expect(await readBody(database, first?.id ?? '')).not.toBeNull();
  expect((await run(ahead + 3_600_000)).outcome).toBe('done');
  expect(await readBody(database, first?.id ?? '')).toBeNull();
});

test('a source keeps less than the others when it says so', async () => {
  const now = START + 80 * DAY_MS;
  await settleAt(now);
  const [short] = await sql<{ id: number }[]>`
    insert into sources (slug, name, provider, options) values ('short', 'Short', 'none', '{"retention_days":1}')
    returning id`;
  const sourceId = short?.id ?? 0;
  const gone = await received(now, { sourceId });
  const fresh = await received(now + 1.5 * DAY_MS, { sourceId });
  const others = await received(now, { sourceId: sourceId + 1 });
  const { detail } = await run(now + 2 * DAY_MS);
  expect(detail?.removed_by_source_retention).toBe(1);
  expect(await readBody(database, gone.id)).toBeNull();
  expect(await readBody(database, fresh.id)).not.toBeNull();
  expect(await readBody(database, others.id)).not.toBeNull();
});

test('while another node prunes it says busy; what a dead node left is taken over when its time is up', async () => {
  const now = START + 82 * DAY_MS;
  const left = (minutes: number) => sql`
    insert into settings (name, value) values ('prune_lease', to_jsonb(now() + ${minutes} * interval '1 minute'))
    on conflict (name) do update set value = excluded.value`;
  await left(5);
  expect((await run(now)).outcome).toBe('busy');
  await left(-1);
  expect((await run(now)).outcome).toBe('done');
  expect((await run(now)).outcome).toBe('done');
});

test('a detach that was interrupted is finished by the next run', async () => {
  const now = START + 100 * DAY_MS;
  await settleAt(now);
  const old = await received(now);
  const name = `messages_p${new Date(now).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const reader = await sql.reserve();
  await reader`begin isolation level repeatable read`;
  await reader`select count(*) from messages`;
  const detaching = sql
    .unsafe(`alter table messages detach partition "${name}" concurrently`)
    .catch((error: unknown) => error);
  const pending = async () => {
    const [link] = await sql`select inhdetachpending as pending from pg_inherits where inhrelid = to_regclass(${name})`;
    return link?.['pending'] === true;
  };
  await until(pending);
  await sql`select pg_cancel_backend(pid) from pg_stat_activity where query like 'alter table messages detach%'`;
  expect(await detaching).toBeInstanceOf(Error);
  await reader`commit`;
  reader.release();
  expect(await pending()).toBe(true);
  const { outcome } = await run(now + 8 * DAY_MS);
  expect(outcome).toBe('done');
  expect(await readBody(database, old.id)).toBeNull();
  expect(await sql`select 1 from pg_class where relname = ${name}`).toHaveLength(0);
});

test('jobs that ended before the retention go with their items, and those that nobody started; others stay', async () => {
  const now = NOON + 4000 * DAY_MS;
  const at = (days: number) => new Date(now - days * DAY_MS);
  const jobs = [
    { state: 'done', created: at(30), finished: at(8), stays: false },
    { state: 'ready', created: at(8), finished: null, stays: false },
    { state: 'done', created: at(30), finished: at(6), stays: true },
    { state: 'running', created: at(30), finished: null, stays: true }
  ];
  const kept: number[] = [];
  for (const { state, created, finished, stays } of jobs) {
    const [job] = await sql<{ id: number }[]>`
      insert into jobs (kind, state, starts_itself, filter, created_by, created_at, finished_at)
      values ('redeliver', ${state}, true, '{}', 'ada@example.org', ${created}, ${finished}) returning id`;
    await sql`
      insert into job_items (job_id, message_id, destination_id, result)
      values (${job?.id ?? 0}, gen_random_uuid(), 0, 'refused')`;
    if (stays) kept.push(job?.id ?? 0);
  }
  await run(now);
  expect((await sql<{ id: number }[]>`select id from jobs order by id`).map(({ id }) => id)).toEqual(kept);
  expect(await sql`select from job_items`).toHaveLength(kept.length);
});
