// The API of messages and deliveries: exact bytes, the filters of the contract, re-delivery, erasure.

import { beforeAll, describe, expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { anyText, apiParts, auditOf, idOf, listWith, make, textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow } from '../support/log-rows.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));

describe('messages', () => {
  let sourceId = 0;
  let httpId = 0;
  let sequence = 0;
  const insert = (text: string, more: object = {}) =>
    insertRow(sql, { at: Date.now(), sequence: sequence++, sourceId, body: Buffer.from(text), isJson: true, ...more });

  beforeAll(async () => {
    sourceId = idOf(await make(api, '/sources', { slug: 'orders', provider: 'none' }));
    httpId = idOf(await make(api, '/destinations', { name: 'Shop', url: 'https://shop.example' }));
    await make(api, '/connections', { source: 'orders', destination: httpId });
  });

  test('keep big numbers and repeated keys of their payload', async () => {
    const payload = '{"id": 12345678901234567890, "a": 1, "a": 2, "1": "\\u0000"}';
    const { id } = await insert(payload, { eventType: 'order.made' });
    const one = await api('GET', `/messages/${id.toUpperCase()}`);
    expect(one.text).toContain(`"payload":${payload}}`);
    expect(one.json).toMatchObject({
      id,
      event_type: 'order.made',
      status: 'none',
      headers: [
        ['X-Test', '1'],
        ['x-test', '2']
      ]
    });
    const body = await api('GET', `/messages/${id}/body`);
    expect(body.text).toBe(payload);
    expect(Object.fromEntries(body.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${id}.bin"`,
      'x-content-type-options': 'nosniff'
    });
  });

  test('are listed with the filters of the contract', async () => {
    const { id } = await insert('{}', {
      eventType: 'listed.one',
      deliveries: [{ destinationId: httpId, status: 'failed' }]
    });
    const since = new Date(Date.now() - 60_000).toISOString();
    const filters = [
      'source=orders',
      'status=failed',
      'verification=valid',
      'event_type=listed.*',
      `since=${since}`,
      'q=LISTED'
    ];
    for (const query of [...filters, filters.join('&')]) {
      const { status, json } = await api('GET', `/messages?${query}`);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        data: listWith({ id }),
        next_cursor: null
      });
    }
    expect((await api('GET', '/messages?event_type=nope.*')).json).toMatchObject({ data: [], next_cursor: null });
    expect((await api('GET', '/messages?limit=1')).json).toMatchObject({ data: [{}], next_cursor: anyText });
  });

  test.each([
    ['status=great', 'status is "great": one of failed, held, pending, succeeded, none is needed.'],
    ['verification=x', 'one of valid, invalid, none, pending is needed.'],
    ['since=yesterday', 'since is "yesterday": a time such as 2026-01-31T12:00:00Z is needed.'],
    ['limit=1001', 'a whole number from 1 to 1000 is needed.'],
    ['limit=x', 'limit is "x": a whole number from 1 to 1000 is needed.'],
    ['cursor=x', 'cursor is "x": a next_cursor or previous_cursor of an earlier answer is needed.'],
    ['q=%00', 'the character U+0000 is not taken.'],
    [`q=${'x'.repeat(201)}`, 'at most 200 characters are taken.']
  ])('refuse ?%s', async (query, sentence) => {
    const { status, json } = await api('GET', `/messages?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: 'invalid_request', message: textWith(sentence) });
  });

  test('are re-delivered, or previewed without effect', async () => {
    const { id } = await insert('{"a":1}');
    const preview = await api('POST', `/messages/${id}/redeliver`, { dry_run: true });
    expect(preview.status).toBe(200);
    expect(preview.json).toMatchObject({
      dry_run: true,
      destinations: [{ destination: { id: httpId, name: 'Shop' } }]
    });
    expect(await sql`select from deliveries where message_id = ${id}`).toHaveLength(0);
    for (const body of [undefined, {}, { destination: httpId }]) {
      const sent = await api('POST', `/messages/${id}/redeliver`, body);
      expect(sent.status, sent.text).toBe(202);
      const [row] = await sql<{ id: string }[]>`select id from delivery_queue where message_id = ${id}`;
      expect(sent.json).toEqual({ deliveries: [{ id: row?.id }] });
      expect((await api('GET', `/deliveries/${row?.id ?? ''}`)).json).toMatchObject({
        message_id: id,
        status: 'pending'
      });
    }
    expect((await api('POST', `/messages/${id}/redeliver`, { destination: 999_999 })).status).toBe(409);
    expect((await api('POST', `/messages/${id}/redeliver`, { destination: 'x' })).status).toBe(400);
    expect(await auditOf(database, `message ${id}`)).toMatchObject([{}, {}, { action: 'message.redelivered' }]);
  });

  test('are erased', async () => {
    const { id, deliveryIds } = await insert('{}', { deliveries: [{ destinationId: httpId, status: 'pending' }] });
    expect((await api('DELETE', `/messages/${id}`)).status).toBe(204);
    const paths = [`/messages/${id}`, `/messages/${id}/body`, `/deliveries/${deliveryIds[0] ?? ''}`];
    for (const path of paths) expect((await api('GET', path)).status).toBe(404);
    expect((await api('DELETE', `/messages/${id}`)).status).toBe(404);
    expect((await api('POST', `/messages/${id}/redeliver`)).status).toBe(404);
    expect(await auditOf(database, `message ${id}`)).toEqual([{ actor: 'key 1 admin key', action: 'message.erased' }]);
  });

  test('an id that is none is not found', async () => {
    for (const id of ['1', 'x', '%00', "'--", '01a1f7cd-b633-700c-8000-00000000000c']) {
      for (const path of [
        `/messages/${id}`,
        `/messages/${id}/body`,
        `/deliveries/${id}`,
        `/accounts/${id}0`,
        `/sources/${id}x`
      ])
        expect((await api('GET', path)).status, path).toBe(404);
    }
  });
});
