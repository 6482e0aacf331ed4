// A worker that is killed, or stands still for longer than its lease, in the middle of an HTTP delivery: at least once, and
// what it says late counts no more.

import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const PAST_THE_LEASE_MS = 11_000;

/** Answers that are still owed, by path. */
const owed = new Map<string, ServerResponse>();
const receiver = await startReceiver((request, response) => {
  if (receiver.at(request.url).length > 1) response.end();
  else owed.set(request.url, response);
});
const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const start = () => startHoldfast({ databaseUrl: database.url, env });
const nodes: Holdfast[] = [await start(), await start()];
afterAll(() => Promise.all(nodes.map((node) => node.stop())));

/** A delivery that its first try leaves waiting for an answer. */
async function underWay(node: Holdfast, slug: string): Promise<string> {
  await make(node, '/sources', { slug, provider: 'none' });
  const { id } = await make(node, '/destinations', { name: slug, url: `${receiver.url}/${slug}` });
  await make(node, '/connections', { source: slug, destination: id });
  const message = await accepted(node, slug, { body: '{}', headers: {} });
  await until(() => owed.has(`/${slug}`));
  return message;
}
const succeeded = (node: Holdfast, message: string) =>
  deliveryWhen(node, message, ({ status }) => status === 'succeeded');

test('killed: the other node sends it again, as its first attempt that was written', async () => {
  const victim = await start();
  const message = await underWay(victim, 'killed');
  await victim.kill('SIGKILL');
  const [node] = nodes as [Holdfast];
  await until(() => receiver.at('/killed').length === 2, { patienceMs: 30_000 });
  expect(await succeeded(node, message)).toMatchObject({
    attempt_count: 1,
    attempts: [{ number: 1, status_code: 200 }]
  });
}, 60_000);

test('stopped past its lease: the other delivers; the late answer is fenced off', async () => {
  const [stopped, other] = nodes as [Holdfast, Holdfast];
  const message = await underWay(stopped, 'stopped');
  await stopped.kill('SIGSTOP');
  await until(() => receiver.at('/stopped').length === 2, { patienceMs: 30_000 });
  const before = await succeeded(other, message);
  // Only now the first try gets its answer, a refusal, and reads it when it goes on.
  owed.get('/stopped')!.writeHead(500).end();
  await stopped.kill('SIGCONT');
  await until(async () => (await fetch(`${stopped.url}/readyz`)).ok, { patienceMs: 30_000 });
  const later = await accepted(stopped, 'stopped', { body: '{}', headers: {} });
  await succeeded(stopped, later);
  expect(await succeeded(other, message)).toEqual(before);
  expect(before.attempts).toHaveLength(1);
}, 60_000);

test('what waits in the hands of one that stood still is not sent a second time by it', async () => {
  const [stopped, other] = nodes as [Holdfast, Holdfast];
  await make(stopped, '/sources', { slug: 'queued', provider: 'none' });
  const { id } = await make(stopped, '/destinations', {
    name: 'queued',
    url: `${receiver.url}/queued`,
    concurrency: 1
  });
  await make(stopped, '/connections', { source: 'queued', destination: id });
  for (let n = 0; n < 10; n += 1) await accepted(stopped, 'queued', { body: String(n), headers: {} });
  await until(() => owed.has('/queued'));
  await stopped.kill('SIGSTOP');
  await delay(PAST_THE_LEASE_MS);
  await until(() => new Set(receiver.at('/queued').map(({ body }) => String(body))).size === 10, {
    patienceMs: 30_000
  });
  await until(async () => (await deliveriesLeft(other)) === 0);
  const sent = receiver.at('/queued').length;
  await stopped.kill('SIGCONT');
  await until(async () => (await fetch(`${stopped.url}/readyz`)).ok, { patienceMs: 30_000 });
  await accepted(stopped, 'queued', { body: 'last', headers: {} });
  await until(() => receiver.at('/queued').some(({ body }) => String(body) === 'last'), { patienceMs: 30_000 });
  // The first was under way when it was stopped; nothing else came twice.
  expect(sent).toBe(11);
  expect(receiver.at('/queued')).toHaveLength(12);
}, 90_000);

async function deliveriesLeft(node: Holdfast): Promise<number> {
  const { body } = await node.api('/messages?source=queued&status=pending');
  return (body as { data: unknown[] }).data.length;
}
