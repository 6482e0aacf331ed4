// Batches into the log: exact bytes, poison among good neighbours, one event once, missing partitions.

import { expect, test } from 'vitest';
import { createBatcher } from '#lib/server/log/batcher.ts';
import { readBody } from '#lib/server/log/body.ts';
import type { LogEntry } from '#lib/server/log/entry.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { openLog } from '#lib/server/log/log.ts';
import { writeBatch } from '#lib/server/log/write.ts';
import { testDatabase } from '../support/database.ts';
import { eventEntry, logEntry } from '../support/log-entries.ts';

const database = await testDatabase();
const TOKEN = '00000000-0000-4000-8000-000000000001';

const DEEP = 100_000;
const POISON: Record<string, Buffer> = {
  'NUL bytes': Buffer.from('a\0b\0'),
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  'a BOM': Buffer.from('\uFEFF{"a":1}'),
  'a NUL escape': Buffer.from('{"a":"\\u0000"}'),
  'a number beyond double': Buffer.from('{"a":1e400000}'),
  'duplicate keys': Buffer.from('{"a":1,"a":2}'),
  'a lone surrogate escape': Buffer.from('{"a":"\\ud800"}'),
  'an escaped pair the wrong way round': Buffer.from('{"a":"\\udc00\\ud800"}'),
  '100,000 levels': Buffer.from('['.repeat(DEEP) + ']'.repeat(DEEP)),
  '2,000 levels': Buffer.from('['.repeat(2000) + ']'.repeat(2000)),
  __proto__: Buffer.from('{"__proto__":{"polluted":true}}'),
  'white space and order': Buffer.from(' {  "b" : 1.0,\n "a":\t1E2 } '),
  'an empty body': Buffer.alloc(0),
  'a bare string': Buffer.from('"x"')
};

test('poison in one batch with good neighbours: all logged, byte for byte', async () => {
  const good = (n: number) => logEntry(`{"n":${n}}`);
  const entries = Object.values(POISON).flatMap((body, n) => [good(n), logEntry(body)]);
  const log = openLog({ database, onCommitted: () => {} });
  await Promise.all(entries.map((entry) => log.add(entry)));
  for (const entry of entries) {
    const stored = await readBody(database, entry.id);
    expect(stored?.equals(entry.body), entry.body.subarray(0, 40).toString()).toBe(true);
  }
});

test('a query into the payload survives every poison body in the table', async () => {
  const rows = await database.web`
    select case when json_queryable then payload ->> 'a' end as a from messages where payload is not null`;
  expect(rows.length).toBeGreaterThan(5);
});

test('a row that fails alone does not take its neighbours with it', async () => {
  // Claims to be JSON and is not: PostgreSQL refuses the row, and it is kept as bytes.
  const liar = { ...logEntry('not json'), isJson: true };
  const log = openLog({ database, onCommitted: () => {} });
  const neighbours = Array.from({ length: 20 }, (_, n) => logEntry(`{"neighbour":${n}}`));
  await Promise.all([...neighbours, liar].map((entry) => log.add(entry)));
  const rows = await database.web<{ id: string; body: Buffer | null }[]>`
    select id, body from messages where id in ${database.web([...neighbours, liar].map((entry) => entry.id))}`;
  expect(rows).toHaveLength(21);
  expect(rows.find((row) => row.id === liar.id)?.body?.toString()).toBe('not json');
});

test('25 MiB of one string goes alone and comes back whole', async () => {
  const body = Buffer.from(JSON.stringify('x'.repeat(25 * 1024 * 1024 - 2)));
  const entry = logEntry(body);
  const log = openLog({ database, onCommitted: () => {} });
  await Promise.all([log.add(logEntry('{}')), log.add(entry), log.add(logEntry('{}'))]);
  expect((await readBody(database, entry.id))?.equals(body)).toBe(true);
});

test('one event many times in one batch: the first is the message, the rest its duplicates', async () => {
  const entries = Array.from({ length: 50 }, () => withDelivery(eventEntry('evt_same_batch')));
  const logged = await writeBatch(database.log, entries, TOKEN);
  expect(logged.filter((item) => item.duplicateOf === null)).toHaveLength(1);
  expect(new Set(logged.slice(1).map((item) => item.duplicateOf))).toEqual(new Set([entries[0]?.id]));
  expect(await deliveriesOf(entries)).toBe(1);
});

test('many events twice, in opposite orders, in batches at once: one delivery each, no deadlock', async () => {
  for (let round = 0; round < 10; round++) {
    const names = Array.from({ length: 100 }, (_, n) => `evt_${round}_${n}`);
    const forth = names.map((name) => withDelivery(eventEntry(name)));
    const back = names.toReversed().map((name) => withDelivery(eventEntry(name)));
    const [a, b] = await Promise.all([writeBatch(database.log, forth, TOKEN), writeBatch(database.log, back, TOKEN)]);
    expect([...a, ...b].filter((item) => item.duplicateOf === null)).toHaveLength(100);
    expect(await deliveriesOf([...forth, ...back])).toBe(100);
  }
});

test('the same event id at two sources is two events', async () => {
  const logged = await writeBatch(
    database.log,
    [eventEntry('evt_shared', { sourceId: 1 }), eventEntry('evt_shared', { sourceId: 2 })],
    TOKEN
  );
  expect(logged.map((item) => item.duplicateOf)).toEqual([null, null]);
});

test('a duplicate sets the failed deliveries of its original going again', async () => {
  const original = withDelivery(eventEntry('evt_resend'));
  await writeBatch(database.log, [original], TOKEN);
  const [delivery] = original.deliveries;
  await database.web`
    with q as (delete from delivery_queue where id = ${delivery?.id ?? ''} returning *)
    insert into delivery_results (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
    select id, message_id, source_id, destination_id, 'failed', 3, 4, 'no account 7' from q`;
  await writeBatch(database.log, [eventEntry('evt_resend')], TOKEN);
  const [again] = await database.web`
    select status, attempt_count, version from deliveries where id = ${delivery?.id ?? ''}`;
  expect(again).toEqual({ status: 'pending', attempt_count: 3, version: 5 });
});

test('a missing partition is made in line', async () => {
  const receivedAt = Date.UTC(2031, 5, 1, 12);
  const id = `${receivedAt
    .toString(16)
    .padStart(12, '0')
    .replace(/(.{8})(.{4})/, '$1-$2')}-7000-8000-000000000000`;
  const log = openLog({ database, onCommitted: () => {} });
  await log.add(logEntry('{"future":true}', { id, receivedAt }));
  expect((await readBody(database, id))?.toString()).toBe('{"future":true}');
});

test('with the database away add() rejects, and the next entry is written again', async () => {
  let away = true;
  const log = createBatcher({
    write: (entries) =>
      away ? Promise.reject(new Error('connect ECONNREFUSED')) : writeBatch(database.log, entries, TOKEN),
    isDataError: () => false,
    soften: () => null
  });
  await expect(log.add(logEntry('{}'))).rejects.toThrow('The log did not take the message.');
  away = false;
  await expect(log.add(logEntry('{}'))).resolves.toEqual({ duplicateOf: null });
  expect(log.load()).toEqual({ entries: 0, bytes: 0 });
});

function withDelivery(entry: LogEntry): LogEntry {
  return { ...entry, deliveries: [{ id: deliveryIdFor(entry.id), destinationId: 1, leased: false, orderKey: null }] };
}

async function deliveriesOf(entries: readonly LogEntry[]): Promise<number> {
  const ids = entries.map((entry) => entry.id);
  const rows = await database.web`select 1 from delivery_queue where message_id in ${database.web(ids)}`;
  return rows.length;
}
