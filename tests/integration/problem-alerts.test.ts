// Alerts: signed, guarded, at most once an hour for each problem however many nodes there are, and once when it is over.

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createVault } from '#lib/server/auth/vault.ts';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuarded } from '#lib/server/deliver/http/guarded.ts';
import { sendNotice } from '#lib/server/deliver/http/notice.ts';
import type { AlertMessage } from '#lib/server/problems/alert-message.ts';
import { readAlertSettings, writeAlertDestination } from '#lib/server/problems/alert-settings.ts';
import { listProblems, resolveProblem } from '#lib/server/problems/problem.ts';
import { startProblems } from '#lib/server/problems/watch.ts';
import { createDestination } from '#lib/server/routing/destinations.ts';
import { testDatabase } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADDRESSES, REFUSAL } from '../support/ssrf-vectors.ts';

const MINUTE = 60_000;
const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const database = await testDatabase();
const sql = database.web;
const vault = createVault('a key for tests, long enough');
let status = 200;
const receiver = await startReceiver((_, response) => response.writeHead(status).end('ok'));
const open = createGuarded(createAddressCheck(['127.0.0.1/32']));
const strict = createGuarded(createAddressCheck([]));
afterAll(() => Promise.all([open.destroy(), strict.destroy()]));

let now = Date.now();
const clock = () => now;

function node(guarded = open) {
  const http = {
    ...{ database, guarded, clock, open: (sealed: Buffer) => vault.open(sealed) },
    credentialHeaders: () => new Set<string>()
  };
  const problems = startProblems({
    ...{
      database,
      clock,
      alerts: true,
      publicUrl: new URL('https://hooks.example'),
      logger: pino({ level: 'silent' })
    },
    post: (destinationId, alert) => sendNotice(http, destinationId, alert)
  });
  onTestFinished(() => problems.stop());
  return problems;
}

async function newDestination(url: string): Promise<number> {
  const made = await createDestination({ database, vault }, { name: randomUUID(), url, secret: SECRET });
  if (made.outcome !== 'saved') throw new Error(made.outcome);
  return made.destination.id;
}

let alerts = 0;
let failing = 0;
beforeEach(async () => {
  await sql`delete from problems`;
  receiver.received.length = 0;
  status = 200;
  now = Date.now();
  alerts = await newDestination(`${receiver.url}/alerts`);
  failing = await newDestination('https://orders.example/');
  await writeAlertDestination(database, alerts);
});

type Node = ReturnType<typeof node>;
function tried(at: Node, then: 'succeeded' | 'again' | 'failed', destinationId = failing): void {
  now += 1;
  const error = then === 'succeeded' ? null : 'The destination answered <500>.';
  at.tried({ deliveryId: randomUUID(), messageId: randomUUID(), destinationId, then, error });
}
const sent = (): AlertMessage[] =>
  receiver.at('/alerts').map(({ body }) => JSON.parse(body.toString()) as AlertMessage);
const problem = async () => (await listProblems(database, { status: 'all', limit: 1 }))[0]!;
async function later(milliseconds: number, ...nodes: Node[]): Promise<void> {
  now += milliseconds;
  await Promise.all(nodes.map((each) => each.tick()));
}

test('signed as a delivery is, readable for Slack and for programs', async () => {
  const one = node();
  tried(one, 'failed');
  await one.tick();
  const [got] = receiver.at('/alerts');
  expect(got).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  const body = got!.body.toString();
  expect(new Webhook(SECRET).verify(body, got!.headers)).toEqual(JSON.parse(body));
  const { id, subject } = await problem();
  expect(JSON.parse(body)).toMatchObject({
    text: `Problem: Delivering to ${subject.name} gave up: 1 try failed.`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: expect.stringContaining('&lt;500&gt;') as string } },
      { type: 'context' }
    ],
    problem: {
      ...{ id, kind: 'destination_failing', status: 'open', count: 1, subject: { type: 'destination', id: failing } },
      ...{ last_error: 'The destination answered <500>.', url: `https://hooks.example/problems#problem-${id}` }
    }
  });
});

test('at most once an hour with two nodes, again with the count while it goes on, once when it is over', async () => {
  const [one, other] = [node(), node()];
  for (let i = 0; i < 100; i += 1) tried(i % 2 ? one : other, 'again');
  for (let minute = 0; minute < 59; minute += 1) {
    tried(one, 'again');
    tried(other, 'again');
    await later(MINUTE, one, other);
  }
  expect(sent().map(({ problem: told }) => told.status)).toEqual(['open']);
  expect(await problem()).toMatchObject({ count: 218, alert: { sent: 1, error: null } });
  await later(2 * MINUTE, one, other);
  expect(sent().map(({ problem: told }) => told.count)).toEqual([expect.any(Number), 218]);
  // Nothing new: nothing to say.
  await later(3 * 60 * MINUTE, one, other);
  expect(sent()).toHaveLength(2);
  tried(other, 'again');
  await later(MINUTE, one, other);
  await later(MINUTE, one, other);
  expect(sent()).toHaveLength(3);
  tried(one, 'succeeded');
  await later(MINUTE, one, other);
  await later(MINUTE, one, other);
  expect(sent().map(({ problem: told }) => told.status)).toEqual(['open', 'open', 'open', 'resolved']);
  expect(sent()[3]!.text).toMatch(/^Resolved: /);
  await later(30 * 60 * MINUTE, one, other);
  expect(sent()).toHaveLength(4);
});

test('what comes back within the hour is not told before the hour is over', async () => {
  const one = node();
  tried(one, 'failed');
  await later(MINUTE, one);
  tried(one, 'succeeded');
  await later(MINUTE, one);
  await later(MINUTE, one);
  tried(one, 'failed');
  await later(MINUTE, one);
  expect(sent().map(({ problem: told }) => told.status)).toEqual(['open', 'resolved']);
  await later(60 * MINUTE, one);
  expect(sent().map(({ problem: told }) => told.status)).toEqual(['open', 'resolved', 'open']);
});

test('resolved by hand is told too, and what nobody was told of is not', async () => {
  const one = node();
  tried(one, 'failed');
  await one.tick();
  await resolveProblem(database, (await problem()).id, { by: 'ada@example.org', now });
  await one.tick();
  expect(sent().map(({ problem: told }) => told.resolved_by)).toEqual([null, 'ada@example.org']);
  await writeAlertDestination(database, null);
  tried(one, 'failed', await newDestination('https://other.example/'));
  await one.tick();
  await resolveProblem(database, (await problem()).id, { by: 'ada@example.org', now });
  await writeAlertDestination(database, alerts);
  await one.tick();
  expect(sent()).toHaveLength(2);
});

test('a destination chosen later is told what is open', async () => {
  const one = node();
  await writeAlertDestination(database, null);
  tried(one, 'failed');
  await one.tick();
  expect(sent()).toEqual([]);
  await writeAlertDestination(database, alerts);
  await one.tick();
  expect(sent()).toHaveLength(1);
});

test('one that fails is tried again, shown, and makes no problem of its own', async () => {
  const one = node();
  status = 500;
  tried(one, 'failed');
  await one.tick();
  expect(await problem()).toMatchObject({ alert: { sent: 0, error: 'The destination answered 500.' } });
  expect(await readAlertSettings(database)).toMatchObject({
    ...{ destination: { id: alerts }, last_sent_at: null },
    failing: { count: 1, error: 'The destination answered 500.' }
  });
  for (let i = 0; i < 5; i += 1) await later(20_000, one);
  expect(sent()).toHaveLength(6);
  expect(await listProblems(database, { status: 'all', limit: 10 })).toHaveLength(1);
  status = 200;
  await later(20_000, one);
  await later(20_000, one);
  expect(sent()).toHaveLength(7);
  expect(new Set(receiver.at('/alerts').map(({ headers }) => headers['webhook-id']))).toHaveLength(1);
  expect(await problem()).toMatchObject({ alert: { sent: 1, error: null } });
  expect(await readAlertSettings(database)).toMatchObject({
    last_sent_at: expect.any(String) as string,
    failing: null
  });
});

test('where its own deliveries fail it has a problem, and is not told about itself', async () => {
  const one = node();
  tried(one, 'failed', alerts);
  await one.tick();
  expect(await problem()).toMatchObject({ status: 'open', subject: { id: alerts }, alert: { sent: 0, error: null } });
  expect(sent()).toEqual([]);
});

test('what leads home is refused, however it is written', async () => {
  const urls = ['http', 'https'].flatMap((scheme) => ADDRESSES.map((host) => `${scheme}://${host}:9/`));
  const one = node(strict);
  for (const url of urls) {
    await sql`delete from problems`;
    await writeAlertDestination(database, await newDestination(url));
    tried(one, 'failed', await newDestination('https://orders.example/'));
    await one.tick();
    const { alert } = await problem();
    expect(alert, url).toMatchObject({ sent: 0, error: expect.stringMatching(REFUSAL) as string });
  }
}, 120_000);

test('a handler, or what is not there, is no destination for alerts; one that was deleted is none any more', async () => {
  const [handler] = await sql<{ id: number }[]>`
    insert into destinations (name, kind, handler) values ('h', 'handler', 'h') returning id`;
  expect(await writeAlertDestination(database, handler!.id)).toBe(false);
  expect(await writeAlertDestination(database, 999_999)).toBe(false);
  expect(await readAlertSettings(database)).toMatchObject({ destination: { id: alerts } });
  await sql`delete from destinations where id = ${alerts}`;
  expect(await readAlertSettings(database)).toMatchObject({ destination: null });
});
