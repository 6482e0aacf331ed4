// The API of problems and of where alerts go.

import { expect, test } from 'vitest';
import { startProblems } from '#lib/server/problems/watch.ts';
import { apiFor, keyOf, userOf } from '../support/api-client.ts';
import { apiParts, auditOf, field, idOf, make } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow } from '../support/log-rows.ts';

const database = await testDatabase();
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const member = apiFor(parts, userOf('member'), { origin: 'http://holdfast.test', 'sec-fetch-site': 'same-origin' });

/** A problem with a new destination, caused by messages of the log, the newest last. */
async function problemOf(name: string, causes = 1): Promise<{ messages: string[]; destination: number }> {
  const destination = idOf(await make(api, '/destinations', { name, url: 'https://x.example' }));
  const node = startProblems({
    ...{ database, clock: Date.now, alerts: false, publicUrl: null, logger: parts.logger },
    post: async () => ({ error: null, retryAfterSeconds: null })
  });
  const messages: string[] = [];
  for (let sequence = 0; sequence < causes; sequence += 1) {
    const body = Buffer.from('{}');
    const { id } = await insertRow(database.web, { at: Date.now(), sequence, sourceId: 1, body, isJson: true });
    const what = { deliveryId: id, messageId: id, destinationId: destination };
    node.tried({ ...what, then: 'failed', error: `It quotes ${id}.` });
    messages.push(id);
  }
  await node.stop();
  return { messages, destination };
}
const listed = async (query: string) => field(await api('GET', `/problems${query}`), 'data') as { id: number }[];

test('listed open or resolved, page by page; read; resolved once, by whoever may', async () => {
  for (const name of ['one', 'two', 'three']) await problemOf(name);
  const open = await listed('');
  expect(open).toMatchObject([
    { subject: { name: 'three' } },
    { subject: { name: 'two' } },
    { subject: { name: 'one' } }
  ]);
  const first = await api('GET', '/problems?limit=2');
  expect(field(first, 'data')).toEqual(open.slice(0, 2));
  const rest = await api('GET', `/problems?limit=2&cursor=${String(field(first, 'next_cursor'))}`);
  expect(rest.json).toEqual({ data: open.slice(2), next_cursor: null });

  const { id } = open[1]!;
  expect((await api('GET', `/problems/${id}`)).json).toEqual(open[1]);
  const resolved = await member('POST', `/problems/${id}/resolve`);
  expect(resolved.json).toMatchObject({ id, status: 'resolved', resolved_by: 'member@example.org' });
  expect((await member('POST', `/problems/${id}/resolve`)).status).toBe(409);
  expect(await auditOf(database, `problem ${id}`)).toEqual([
    { actor: 'member@example.org', action: 'problem.resolved' }
  ]);
  expect(await listed('?status=resolved')).toEqual([resolved.json]);
  expect(await listed('')).toHaveLength(2);
  expect(await listed('?status=all')).toHaveLength(3);
  expect((await api('GET', '/problems?status=closed')).status).toBe(400);
});

test('a message that is erased is in no problem any more, and neither is what its error said', async () => {
  const { messages } = await problemOf('erased', 3);
  const read = async () => (await listed(''))[0];
  expect(await read()).toMatchObject({ message_ids: messages.toReversed(), last_error: `It quotes ${messages[2]}.` });
  await api('DELETE', `/messages/${messages[0]}`);
  expect(await read()).toMatchObject({
    message_ids: [messages[2], messages[1]],
    last_error: `It quotes ${messages[2]}.`
  });
  await api('DELETE', `/messages/${messages[2]}`);
  expect(await read()).toMatchObject({ message_ids: [messages[1]], last_error: null });
});

test('where alerts go is chosen, and taken back', async () => {
  const nothing = { destination: null, last_sent_at: null, failing: null };
  expect((await api('GET', '/settings/alerts')).json).toEqual(nothing);
  const destination = idOf(await make(api, '/destinations', { name: 'chat', url: 'https://chat.example' }));
  const chosen = { ...nothing, destination: { id: destination, name: 'chat' } };
  expect((await api('PATCH', '/settings/alerts', { destination })).json).toEqual(chosen);
  expect((await api('PATCH', '/settings/alerts', { destination: 999_999 })).status).toBe(404);
  expect((await api('PATCH', '/settings/alerts', { destination: 'chat' })).status).toBe(400);
  expect((await api('GET', '/settings/alerts')).json).toEqual(chosen);
  expect((await api('PATCH', '/settings/alerts', { destination: null })).json).toEqual(nothing);
  expect(await auditOf(database, 'settings alerts')).toHaveLength(2);
});
