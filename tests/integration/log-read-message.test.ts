// One message, its body byte for byte, its deliveries; and what is left after it was erased.

import { beforeAll, describe, expect, test } from 'vitest';
import { payloadText, readBody } from '#lib/server/log/body.ts';
import { deleteMessage } from '#lib/server/log/erase.ts';
import { listMessages } from '#lib/server/log/list.ts';
import {
  deliveriesOfMessage,
  deliveryChanges,
  deliveryChangesSince,
  readDelivery
} from '#lib/server/log/read-delivery.ts';
import { readEnvelope, readMessage } from '#lib/server/log/read.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow, type LogRow } from '../support/log-rows.ts';

const database = await testDatabase();
const sql = database.web;
const NOW = Date.now();
const UNKNOWN = '01a1f7cd-b633-700c-8000-00000000000c';
const NO_IDS = ['', 'x', '1', "'; drop table messages; --", UNKNOWN.toUpperCase(), `${UNKNOWN}0`, '\0', '../../x'];

let sourceId = 0;
const destinations: number[] = [];
let sequence = 0;

beforeAll(async () => {
  const [source] = await sql<{ id: number }[]>`
    insert into sources (slug, name, provider) values ('stripe', 'Stripe', 'stripe') returning id`;
  sourceId = source?.id ?? 0;
  const rows = await sql<{ id: number }[]>`
    insert into destinations (name, kind, url) values ('one', 'http', 'https://one.example'), ('two', 'http', 'https://two.example')
    returning id`;
  destinations.push(...rows.map((row) => row.id));
});

function insert(row: Partial<LogRow> = {}) {
  const body = Buffer.from('{}');
  return insertRow(sql, { at: NOW, sequence: sequence++, sourceId, body, isJson: true, ...row });
}

describe('bodies come back byte for byte', () => {
  const json = [
    '{ "b": 1,\r\n "a": 2, "a": 3 }\n',
    '{"id":12345678901234567890123,"x":1e400000,"y":-0.0,"z":1E+2}',
    '"\\u0000"',
    '["\\ud800", "\\udfff\\ud83e", "𝄞", "é", "e\\u0301"]',
    '{"__proto__":{"a":1},"constructor":null}',
    `${'['.repeat(2000)}${']'.repeat(2000)}`,
    'null',
    `"${'x'.repeat(3_000_000)}"`
  ];
  test.each(json.map((text, i) => [i, text] as const))('JSON %i', async (_, text) => {
    const { id } = await insert({ body: Buffer.from(text) });
    expect((await readBody(database, id))?.equals(Buffer.from(text))).toBe(true);
    expect(await payloadText(database, id)).toBe(text);
    expect((await readMessage(database, id))?.payload).toEqual(JSON.parse(text));
  });

  const bytes = [
    Buffer.alloc(0),
    Buffer.from([0, 255, 254, 0xc3, 0x28, 0]),
    Buffer.from('\uFEFF{}'),
    Buffer.from('a=b')
  ];
  test.each(bytes.map((body, i) => [i, body] as const))('bytes %i', async (_, body) => {
    const { id } = await insert({ body, isJson: false });
    expect((await readBody(database, id))?.equals(body)).toBe(true);
    expect(await payloadText(database, id)).toBeNull();
    expect(await readMessage(database, id)).toMatchObject({ payload: null, size: body.length });
  });
});

test('a message says all that is known of it', async () => {
  const { id, deliveryIds } = await insert({
    eventId: 'evt_1',
    eventType: 'ping',
    path: '/a',
    deliveries: [
      { destinationId: destinations[0] ?? 0, status: 'succeeded' },
      { destinationId: destinations[1] ?? 0, status: 'held' }
    ]
  });
  expect(await readEnvelope(database, id)).toEqual({
    id,
    source: { id: sourceId, slug: 'stripe', name: 'Stripe', provider: 'stripe' },
    received_at: new Date(NOW).toISOString(),
    remote_ip: '192.0.2.1',
    method: 'POST',
    path: '/a',
    query: '',
    headers: [
      ['X-Test', '1'],
      ['x-test', '2']
    ],
    content_type: 'application/json',
    size: 2,
    body_sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    body_dropped: false,
    is_json: true,
    event_id: 'evt_1',
    event_type: 'ping',
    verification: { status: 'valid', reason: null, detail: null },
    duplicate_of: null,
    origin: 'received',
    edited_from: null,
    status: 'held',
    deliveries: [
      delivery(deliveryIds[0], destinations[0], { name: 'one', status: 'succeeded', attempt_count: 1, version: 2 }),
      delivery(deliveryIds[1], destinations[1], { name: 'two', status: 'held', attempt_count: 0, version: 1 })
    ]
  });
});

function delivery(
  id: string | undefined,
  destinationId: number | undefined,
  { name, ...rest }: { name: string; status: string; attempt_count: number; version: number }
) {
  return { id, destination: { id: destinationId, name }, next_attempt_at: null, last_error: null, ...rest };
}

test('a message whose partition is gone, and one whose source is', async () => {
  const kept = await insert({ at: NOW - 300 * 86_400_000, kept: true, eventType: 'old', body: Buffer.from('{"k":1}') });
  expect(await readMessage(database, kept.id)).toMatchObject({ event_type: 'old', payload: { k: 1 } });
  const orphan = await insert({ sourceId: 4711 });
  expect((await readEnvelope(database, orphan.id))?.source).toEqual({
    id: 4711,
    slug: 'deleted-4711',
    name: 'Deleted source 4711',
    provider: 'none'
  });
});

test('what is no id is nothing, not an error', async () => {
  for (const id of [
    ...NO_IDS,
    UNKNOWN,
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff'
  ]) {
    expect(await readMessage(database, id)).toBeNull();
    expect(await readBody(database, id)).toBeNull();
    expect(await readDelivery(database, id)).toBeNull();
    expect(await deliveriesOfMessage(database, id)).toEqual([]);
    expect(await deleteMessage(database, id)).toBe(false);
  }
  expect(await deliveryChanges(database, NO_IDS)).toEqual([]);
});

test('a delivery has its attempts in order', async () => {
  const { id, deliveryIds } = await insert({ deliveries: [{ destinationId: destinations[0] ?? 0, status: 'failed' }] });
  const deliveryId = deliveryIds[0] ?? '';
  for (const number of [2, 1]) await insertAttempt(deliveryId, number);
  expect(await readDelivery(database, deliveryId)).toEqual({
    id: deliveryId,
    message_id: id,
    destination: { id: destinations[0], name: 'one' },
    status: 'failed',
    attempt_count: 1,
    next_attempt_at: null,
    last_error: 'It broke.',
    version: 2,
    attempts: [1, 2].map((number) => ({
      number,
      started_at: new Date(NOW + number).toISOString(),
      duration_ms: 1.5,
      outcome: 'error',
      status_code: null,
      error: 'It broke.',
      detail: { handler: 'h' }
    }))
  });
});

async function insertAttempt(deliveryId: string, number: number): Promise<void> {
  await sql`
    insert into attempts (delivery_id, number, started_at, duration_ms, outcome, error, detail)
    values (${deliveryId}, ${number}, ${new Date(NOW + number)}, 1.5, 'error', 'It broke.', '{"handler":"h"}')`;
}

test('changes of deliveries carry the status of their message', async () => {
  const { id, deliveryIds } = await insert({
    deliveries: [
      { destinationId: destinations[0] ?? 0, status: 'succeeded' },
      { destinationId: destinations[1] ?? 0, status: 'failed' }
    ]
  });
  const changes = await deliveryChanges(database, [...deliveryIds, UNKNOWN]);
  expect(changes.map((change) => [change.id, change.message_id, change.status, change.message_status])).toEqual([
    [deliveryIds[0], id, 'succeeded', 'failed'],
    [deliveryIds[1], id, 'failed', 'failed']
  ]);
  const recent = await deliveryChangesSince(database, new Date(NOW - 1000), 1000);
  expect(recent).toEqual(expect.arrayContaining(changes));
  expect(await deliveryChangesSince(database, new Date(Date.now() + 60_000), 1000)).toEqual([]);
  expect(await deliveryChangesSince(database, new Date(0), 2)).toHaveLength(2);
});

test('erasing a message leaves nothing of it, and nothing else is touched', async () => {
  const neighbour = await insert({ deliveries: [{ destinationId: destinations[0] ?? 0, status: 'pending' }] });
  const erased = await insert({
    body: Buffer.from('{"secret":"gone"}'),
    deliveries: [
      { destinationId: destinations[0] ?? 0, status: 'pending' },
      { destinationId: destinations[1] ?? 0, status: 'failed' }
    ]
  });
  for (const id of [...erased.deliveryIds, ...neighbour.deliveryIds]) await insertAttempt(id, 1);
  await sql`insert into event_keys (source_id, event_key, message_id) values (${sourceId}, '\\x01', ${erased.id})`;

  expect(await deleteMessage(database, erased.id)).toBe(true);

  expect(await readMessage(database, erased.id)).toBeNull();
  expect((await listMessages(database, { q: 'gone' })).data).toEqual([]);
  for (const id of erased.deliveryIds) expect(await readDelivery(database, id)).toBeNull();
  const attempts = await sql`select from attempts where delivery_id = any(${erased.deliveryIds}::uuid[])`;
  expect(attempts).toHaveLength(0);
  // The claim on the event stays: the sender's next retry is still a duplicate.
  expect(await sql`select from event_keys where message_id = ${erased.id}`).toHaveLength(1);
  expect((await readDelivery(database, neighbour.deliveryIds[0] ?? ''))?.attempts).toHaveLength(1);
  expect(await deleteMessage(database, erased.id)).toBe(false);

  const kept = await insert({ at: NOW - 300 * 86_400_000, kept: true });
  expect(await deleteMessage(database, kept.id)).toBe(true);
  expect(await readMessage(database, kept.id)).toBeNull();
});
