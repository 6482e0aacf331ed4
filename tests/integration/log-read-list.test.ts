// The inbox list against a model: the filter of lib/inbox, applied to all rows in memory.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { matches, MESSAGE_STATUSES, VERIFICATION_STATUSES, type InboxFilter } from '#lib/inbox/filter.ts';
import type { DeliveryStatus, MessageSummary } from '#lib/inbox/types.ts';
import { formatCursor, type ListCursor } from '#lib/server/log/list-cursor.ts';
import { resolveFilter } from '#lib/server/log/list-filter.ts';
import { scan } from '#lib/server/log/list-scan.ts';
import { listMessages, matchingSummaries, summariesSince, type ListQuery } from '#lib/server/log/list.ts';
import { loadSummaries } from '#lib/server/log/summaries.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow, type LogRow } from '../support/log-rows.ts';

const database = await testDatabase();
const sql = database.web;
const DAY_MS = 86_400_000;
const NOW = Date.now();
const TYPES = ['payment_intent.succeeded', 'payment_intent.payment_failed', 'charge.refunded', 'push', 'a%b_c', null];
const POISON = ['{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e400000}', '{"a":1,"a":2}', '"\\uDBFF\\uDBFF"'];
const OUTCOMES: DeliveryStatus[][] = [
  [],
  ['succeeded'],
  ['failed'],
  ['pending'],
  ['held'],
  ['failed', 'pending'],
  ['succeeded', 'held'],
  ['succeeded', 'succeeded', 'failed'],
  ['pending', 'held', 'succeeded']
];

/** Newest first. */
let all: MessageSummary[] = [];

/** Few milliseconds, many messages in each, over three days; every combination comes up. */
function rowOf(i: number, sources: number[], destinations: number[]): LogRow {
  const poison = POISON[i % 11];
  return {
    at: NOW - (i % 3) * DAY_MS - (i % 7),
    sequence: Math.floor(i / 21),
    sourceId: sources[i % 5 === 0 ? 1 : 0] ?? 0,
    body: Buffer.from(poison ?? `{"number":${i},"Note":"needle-${i % 13}"}`),
    isJson: true,
    eventId: i % 4 === 0 ? null : `evt_${i}`,
    eventType: TYPES[i % TYPES.length] ?? null,
    path: i % 17 === 0 ? '/Deep/Path' : '',
    verification: VERIFICATION_STATUSES[i % 8 < 5 ? 0 : (i % 8) - 4] ?? 'valid',
    deliveries: (OUTCOMES[i % OUTCOMES.length] ?? []).map((status, n) => ({
      destinationId: destinations[status === 'held' ? 3 : n] ?? 0,
      status
    })),
    kept: i % 50 === 49
  };
}

beforeAll(async () => {
  const sources = await sql<{ id: number }[]>`
    insert into sources (slug, name, provider) values ('stripe', 'Stripe', 'stripe'), ('odd', 'Odd', 'none') returning id`;
  const destinations = await sql<{ id: number }[]>`
    insert into destinations (name, kind, url)
    select 'd' || n, 'http', 'https://example.org/' || n from generate_series(1, 4) n returning id`;
  const ids: string[] = [];
  for (let i = 0; i < 360; i++) {
    const row = rowOf(
      i,
      sources.map((s) => s.id),
      destinations.map((d) => d.id)
    );
    ids.push((await insertRow(sql, row)).id);
  }
  all = await loadSummaries(database, ids);
});

const idsOf = (messages: readonly MessageSummary[]) => messages.map((message) => message.id);
const expected = (filter: InboxFilter) => idsOf(all.filter((message) => matches(filter, message)));

async function walk(query: ListQuery, pages = 1000): Promise<{ ids: string[][]; last: string | null }> {
  const found: string[][] = [];
  let cursor: string | null = null;
  for (let i = 0; i < pages; i++) {
    const page = await listMessages(database, { ...query, cursor });
    found.push(idsOf(page.data));
    if (page.next_cursor === null) return { ids: found, last: page.previous_cursor };
    cursor = page.next_cursor;
  }
  throw new Error('The list does not end.');
}

const filters: fc.Arbitrary<InboxFilter> = fc.record(
  {
    source: fc.constantFrom('stripe', 'odd', 'unknown'),
    status: fc.constantFrom(...MESSAGE_STATUSES),
    verification: fc.constantFrom(...VERIFICATION_STATUSES),
    event_type: fc.constantFrom('payment_intent.*', 'push', '*', '*.refunded', 'a%b_c', 'a%*', '%', 'p*s*h', 'PUSH'),
    since: fc.integer({ min: -3, max: 1 }).map((days) => new Date(NOW + days * DAY_MS - 3).toISOString())
  },
  { requiredKeys: [] }
);

test('all rows are there, newest first', () => {
  expect(all).toHaveLength(360);
  expect(new Set(all.map((message) => message.status))).toEqual(new Set(MESSAGE_STATUSES));
  expect(idsOf(all)).toEqual([...idsOf(all)].sort().reverse());
});

test('pages hold what the filter of the browser lets pass, in order, each once', async () => {
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 1, max: 200 }), async (filter, limit) => {
      const { ids } = await walk({ ...filter, limit: Math.max(limit, 20) });
      expect(ids.flat()).toEqual(expected(filter));
    }),
    { numRuns: 60 }
  );
});

test('chunks of a scan neither lose nor repeat a message, whatever their size and direction', async () => {
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom<ListCursor['direction']>('older', 'newer'),
      async (filter, chunkRows, direction) => {
        const resolved = await resolveFilter(database, filter);
        if (resolved === null) return;
        const ends = { older: 'ffffffff-ffff-ffff-ffff-ffffffffffff', newer: '00000000-0000-0000-0000-000000000000' };
        const from = { direction, id: ends[direction] };
        const request = { database, filter: resolved, from, count: 1000, budgetMs: Infinity, chunkRows };
        const { ids } = await scan(request);
        expect(direction === 'older' ? ids : ids.reverse()).toEqual(expected(filter));
      }
    ),
    { numRuns: 60 }
  );
});

test('a scan that runs out of time goes on where it stopped', async () => {
  const filter = await resolveFilter(database, { status: 'held' });
  if (filter === null) throw new Error('no filter');
  const found: string[] = [];
  let id: string | null = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  let scans = 0;
  while (id !== null) {
    const from: ListCursor = { direction: 'older', id };
    const result = await scan({ database, filter, from, count: 1000, budgetMs: 0, chunkRows: 30 });
    found.push(...result.ids);
    id = result.resume;
    scans++;
  }
  expect(scans).toBeGreaterThan(3);
  expect(found).toEqual(expected({ status: 'held' }));
});

describe('both ways', () => {
  test('newer pages are the older ones in reverse', async () => {
    const older = await walk({ limit: 37 });
    const back: string[][] = [];
    for (let cursor = older.last; cursor !== null;) {
      const page = await listMessages(database, { limit: 37, cursor });
      back.unshift(idsOf(page.data));
      cursor = page.previous_cursor;
    }
    expect(back.flat()).toEqual(older.ids.slice(0, -1).flat());
  });

  test('the first page has nothing newer, the last nothing older', async () => {
    const first = await listMessages(database, { limit: 10 });
    expect(first.previous_cursor).toBeNull();
    const top = await listMessages(database, {
      limit: 10,
      cursor: formatCursor({ direction: 'newer', id: first.data[0]?.id ?? '' })
    });
    expect(top.data).toEqual([]);
    expect(top.previous_cursor).toBeNull();
    // From an empty newest page, "older" leads back to the first.
    expect((await listMessages(database, { limit: 10, cursor: top.next_cursor })).data).toEqual(first.data);
  });

  test('a cursor that cannot be read starts at the newest', async () => {
    const first = await listMessages(database, { limit: 3 });
    for (const cursor of ['', 'x', 'o', 'oAAAA', '🦊'])
      expect((await listMessages(database, { limit: 3, cursor })).data).toEqual(first.data);
  });
});

describe('q', () => {
  test('finds ids, types, paths, whatever the case', async () => {
    const inFields = async (q: string) => (await walk({ q, limit: 200 })).ids.flat();
    for (const q of ['EVT_35', 'charge.', '/deep/', all[7]?.id.toUpperCase() ?? '']) {
      expect(expected({ q }).length).toBeGreaterThan(0);
      expect(await inFields(q)).toEqual(expected({ q }));
    }
    // These are no wildcards.
    for (const q of ['%', '_c', 'evt%1', '\\%']) expect(await inFields(q)).toEqual(expected({ q }));
  });

  test('finds text in payloads, poison or not', async () => {
    const found = await walk({ q: 'NEEDLE-7"', limit: 200 });
    const payloads = await sql<{ id: string }[]>`
      select id from (select id, payload from messages union all select id, payload from messages_kept) m
       where payload::text like '%needle-7"%' order by id desc`;
    expect(found.ids.flat()).toEqual(payloads.map((row) => row.id));
    expect((await walk({ q: '\\u0000', limit: 200 })).ids.flat().length).toBeGreaterThan(10);
  });

  test('a text that PostgreSQL cannot hold finds nothing', async () => {
    expect((await listMessages(database, { q: 'a\0b' })).data).toEqual([]);
    expect((await listMessages(database, { event_type: '\0' })).data).toEqual([]);
    expect((await listMessages(database, { source: 'a\0' })).data).toEqual([]);
  });
});

test('since and until take any time', async () => {
  const page = (query: ListQuery) => listMessages(database, query).then((found) => found.data.length);
  expect(await page({ since: '+200000-01-01T00:00:00Z' })).toBe(0);
  expect(await page({ since: '-200000-01-01T00:00:00Z', limit: 5 })).toBe(5);
  expect(await page({ until: '-000001-01-01T00:00:00Z' })).toBe(0);
  const middle = new Date(NOW - DAY_MS - 3).toISOString();
  const found = (await walk({ until: middle, limit: 200 })).ids.flat();
  expect(found).toEqual(idsOf(all.filter((message) => message.received_at < middle)));
});

test('a replay has the newest of what was received since, and honours the filter', async () => {
  const since = new Date(NOW - 4);
  const later = all.filter((message) => Date.parse(message.received_at) >= since.getTime());
  expect(await summariesSince(database, { since, limit: 1000, filter: {} })).toEqual(later);
  expect(await summariesSince(database, { since, limit: 3, filter: {} })).toEqual(later.slice(0, 3));
  const failed = later.filter((message) => message.status === 'failed');
  expect(await summariesSince(database, { since, limit: 1000, filter: { status: 'failed' } })).toEqual(failed);
});

test('messages by id, with and without a filter', async () => {
  const ids = [...idsOf(all.slice(0, 40)), 'no-uuid', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
  expect(await loadSummaries(database, ids)).toEqual(all.slice(0, 40));
  const filter: InboxFilter = { status: 'pending', verification: 'valid' };
  expect(await matchingSummaries(database, ids, filter)).toEqual(all.slice(0, 40).filter((m) => matches(filter, m)));
  expect(await loadSummaries(database, [])).toEqual([]);
});
