// Two nodes on one database: what is committed by one shows on screens of the other.

import { expect, onTestFinished, test } from 'vitest';
import { accountState } from '#lib/server/accounts/state.ts';
import { openListen } from '#lib/server/database/listen.ts';
import { createHub, type Hub } from '#lib/server/live/hub.ts';
import type { LiveLoaders } from '#lib/server/live/loaders.ts';
import { createNodes, type Nodes } from '#lib/server/live/nodes.ts';
import { matchingSummaries, summariesSince } from '#lib/server/log/list.ts';
import { deliveryChanges, deliveryChangesSince } from '#lib/server/log/read-delivery.ts';
import { testDatabase } from '../support/database.ts';
import { noLoaders, read, serveLive, type TestReader } from '../support/live.ts';
import { insertRow } from '../support/log-rows.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'holdfast_live';
const database = await testDatabase();
const sql = database.web;
const loaders: LiveLoaders = noLoaders({
  loadMessages: (since, limit, filter) => summariesSince(database, { since, limit, filter }),
  loadMessagesById: (ids, filter) => matchingSummaries(database, ids, filter),
  loadDeliveries: (since, limit) => deliveryChangesSince(database, since, limit),
  loadDeliveriesById: (ids) => deliveryChanges(database, ids),
  loadAccount: (id) => accountState(database, id)
});

let sequence = 0;
async function insertMessage(): Promise<{ id: string; deliveryIds: string[] }> {
  sequence += 1;
  const deliveries = [{ destinationId: 1, status: 'succeeded' as const }];
  return insertRow(sql, { at: Date.now(), sequence, sourceId: 1, body: Buffer.from('{}'), isJson: true, deliveries });
}

interface Node {
  hub: Hub;
  nodes: Nodes;
  url: string;
  errors: unknown[];
}

/** A node; both are stopped with the test, and are in touch when `startNodes` resolves. */
async function startNode(beatIntervalMs: number): Promise<Node> {
  const hub = createHub();
  const { url, errors } = await serveLive({ hub, loaders });
  const nodes = createNodes({ hub, loaders, url: database.url, onError: (e) => errors.push(e), beatIntervalMs });
  onTestFinished(() => nodes.close());
  return { hub, nodes, url, errors };
}

async function startNodes(beatIntervalMs = 500): Promise<[Node, Node]> {
  const nodes = await Promise.all([startNode(beatIntervalMs), startNode(beatIntervalMs)]);
  await until(() => nodes.every((node) => node.nodes.peers() === 1));
  return nodes;
}

const ids = (reader: TestReader) => reader.of('message').map((frame) => frame.data['id']);

test('what one node hints at shows on the other, read from the database', async () => {
  const [first, second] = await startNodes();
  const reader = await read(second.url, 'topics=inbox');
  const { id, deliveryIds } = await insertMessage();
  first.nodes.hints.messages([id]);
  first.nodes.hints.deliveries(deliveryIds);
  await until(() => reader.of('delivery').some(({ data }) => data['id'] === deliveryIds[0]));
  const ofMessage = reader.frames.filter(({ data }) => [data['id'], data['message_id']].includes(id));
  expect(ofMessage.map(({ event }) => event)).toEqual(['message', 'delivery']);
  expect(ofMessage[0]?.data).toMatchObject({ id, status: 'succeeded' });
  expect(ofMessage[1]?.data).toMatchObject({ id: deliveryIds[0], message_id: id });
  expect(second.errors).toEqual([]);
});

test('an account shows on the other node as it is', async () => {
  const [first, second] = await startNodes();
  const [row] = await sql<{ id: number }[]>`
    insert into accounts (name, currency, balance, version) values ('Ada', 'eur', 1999, 2) returning id`;
  const reader = await read(second.url, `topics=account:${row!.id}`);
  first.nodes.hints.accounts([row!.id]);
  expect((await reader.arrive('account'))[0]?.data).toMatchObject({ balance: 1999, version: 2 });
});

test('more than a hint can name is read since when it began', async () => {
  const [first, second] = await startNodes();
  const reader = await read(second.url, 'topics=inbox');
  const unknown = Array.from({ length: 500 }, (_, n) => `019471a0-0000-7000-8000-${String(n).padStart(12, '0')}`);
  const { id } = await insertMessage();
  first.nodes.hints.messages([...unknown, id]);
  await until(() => ids(reader).includes(id));
});

test('many changes within a moment are one NOTIFY', async () => {
  const [first] = await startNodes(60_000);
  const payloads: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<undefined>();
  const line = openListen(database.url, CHANNEL, {
    onNotify: (payload) => payloads.push(payload),
    onListening: () => resolve(undefined)
  });
  onTestFinished(() => line.close());
  await listening;
  for (let id = 1; id <= 100; id += 1) first.nodes.hints.accounts([id]);
  await until(() => payloads.some((payload) => payload.includes('accounts')));
  // Long enough for a second one, had it been sent.
  first.nodes.hints.accounts([101]);
  await until(() => payloads.some((payload) => payload.includes('101')));
  expect(payloads.filter((payload) => payload.includes('accounts'))).toHaveLength(2);
});

test('a hint that got lost is noticed at the next word of its node', async () => {
  const [first, second] = await startNodes(60_000);
  const reader = await read(second.url, 'topics=inbox');
  const { id } = await insertMessage();
  expect(ids(reader)).toEqual([]);
  // The first node says that it has hinted once; the hint itself never went out.
  await sql.notify(CHANNEL, JSON.stringify({ node: first.hub.node, number: 1 }));
  await until(() => ids(reader).includes(id));
});

test('what a node committed before it was killed shows when it has fallen silent', async () => {
  const hub = createHub();
  const { url } = await serveLive({ hub, loaders });
  const nodes = createNodes({ hub, loaders, url: database.url, onError: () => {}, beatIntervalMs: 50 });
  onTestFinished(() => nodes.close());
  await until(() => nodes.listening());
  const reader = await read(url, 'topics=inbox');
  await sql.notify(CHANNEL, JSON.stringify({ node: 'killed', number: 7 }));
  await until(() => nodes.peers() === 1);
  const { id } = await insertMessage();
  await until(() => nodes.peers() === 0);
  await until(() => ids(reader).includes(id));
});

test('a node that stops says so, and nobody looks for what it left', async () => {
  const [first, second] = await startNodes();
  await first.nodes.close();
  await until(() => second.nodes.peers() === 0);
});

test('a lost connection to the others resets the pages, and is followed again', async () => {
  const [first, second] = await startNodes();
  const reader = await read(second.url, 'topics=inbox');
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query ilike 'listen %'`;
  await reader.arrive('reset');
  expect(reader.of('reset')[0]?.data['reason']).toMatch(/^Caught up after a gap/);
  await until(() => first.nodes.peers() === 1 && second.nodes.peers() === 1);
  const { id } = await insertMessage();
  first.nodes.hints.messages([id]);
  await until(() => ids(reader).includes(id));
});

test('words of others on the channel change nothing', async () => {
  const [first, second] = await startNodes(60_000);
  for (const payload of ['', 'not json', '{"node":1}', '{"node":"x"}', '[]']) await sql.notify(CHANNEL, payload);
  const reader = await read(second.url, 'topics=inbox');
  const { id } = await insertMessage();
  first.nodes.hints.messages([id]);
  await until(() => ids(reader).includes(id));
  expect([second.nodes.peers(), second.errors]).toEqual([1, []]);
});

test('a node without others says nothing of what changes', async () => {
  const node = await startNode(60_000);
  const payloads: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<undefined>();
  const line = openListen(database.url, CHANNEL, {
    onNotify: (payload) => payloads.push(payload),
    onListening: () => resolve(undefined)
  });
  onTestFinished(() => line.close());
  await listening;
  node.nodes.hints.messages(['019471a0-0000-7000-8000-000000000000']);
  await node.nodes.close();
  await until(() => payloads.some((payload) => payload.includes('bye')));
  expect(payloads.filter((payload) => payload.includes('messages'))).toEqual([]);
});
