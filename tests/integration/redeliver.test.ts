// Delivering one message again: where it goes, and with how many tries.

import { beforeAll, expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { apiParts, idOf, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow } from '../support/log-rows.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const ROW = { sequence: 0, isJson: true, body: Buffer.from('{}') };
let sourceId = 0;
let connected = 0;
let other = 0;

beforeAll(async () => {
  sourceId = idOf(await make(api, '/sources', { slug: 'orders', provider: 'none' }));
  connected = idOf(await make(api, '/destinations', { name: 'Shop', url: 'https://shop.example' }));
  other = idOf(await make(api, '/destinations', { name: 'Archive', url: 'https://archive.example' }));
  await make(api, '/connections', { source: 'orders', destination: connected });
});

test('a delivery that waits for its next try begins a fresh round of them', async () => {
  const deliveries = [{ destinationId: connected, status: 'pending' } as const];
  const { id, deliveryIds } = await insertRow(sql, { ...ROW, at: Date.now(), sourceId, deliveries });
  await sql`
    update delivery_queue set attempt_count = 7, tries = 7, due_at = now() + interval '1 hour'
     where id = ${deliveryIds[0] ?? ''}`;
  expect((await api('POST', `/messages/${id}/redeliver`, {})).status).toBe(202);
  expect(await sql`select attempt_count, tries, due_at <= now() as due from delivery_queue`).toEqual([
    { attempt_count: 7, tries: 0, due: true }
  ]);
});

test('it goes to an HTTP destination that no connection leads to, when that is named', async () => {
  const { id } = await insertRow(sql, { ...ROW, at: Date.now(), sourceId });
  expect(await api('POST', `/messages/${id}/redeliver`, { destination: other })).toMatchObject({ status: 202 });
  const rows = await sql<{ destination_id: number }[]>`
    select destination_id from delivery_queue where message_id = ${id}`;
  expect(rows).toEqual([{ destination_id: other }]);
});

test('it goes to no handler that no connection leads to: who connects decides what may change balances', async () => {
  const [handler] = await sql<{ id: number }[]>`select id from destinations where handler = 'stripe-balance'`;
  const eventType = 'payment_intent.succeeded';
  const { id } = await insertRow(sql, { ...ROW, at: Date.now(), sourceId, eventType });
  const answer = await api('POST', `/messages/${id}/redeliver`, { destination: handler?.id });
  expect(answer).toMatchObject({ status: 409, json: { error: 'no_destination' } });
});
