// Problems of destinations on a real database: many failures are one, seen by however many nodes; how it opens, goes on
// and ends.

import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { countOpenProblems, resolveProblem, troubled } from '#lib/server/problems/problem.ts';
import { testDatabase } from '../support/database.ts';
import { problemsOn, type ProblemNode } from '../support/problems.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const database = await testDatabase();
const sql = database.web;
let now = Date.now();
const { node, open, all, newDestination, clear } = problemsOn(database, () => now);
const one = node();
const other = node();

let destination = 0;
beforeEach(async () => {
  await clear();
  destination = await newDestination();
  now = Date.now();
});

function tried(at: ProblemNode, then: 'succeeded' | 'again' | 'failed', deliveryId: string = randomUUID()): string {
  now += 1;
  const error = then === 'succeeded' ? null : 'The destination answered 500.';
  at.tried({ deliveryId, messageId: deliveryId, destinationId: destination, then, error });
  return deliveryId;
}
/** Lets the quiet seconds after a success go by. */
async function quiet(milliseconds = 6 * SECOND): Promise<void> {
  await one.tick();
  now += milliseconds;
  await one.tick();
}

test('1,000 failures, seen by two nodes at once, are one problem with their count', async () => {
  const last: string[] = [];
  for (let i = 0; i < 500; i += 1) {
    tried(one, 'again');
    last.push(tried(other, 'again'));
    if (i % 100 === 0) await Promise.all([one.tick(), other.tick()]);
  }
  await Promise.all([one.tick(), other.tick()]);
  const [problem, ...more] = await open();
  expect(more).toEqual([]);
  expect(problem).toMatchObject({
    ...{ kind: 'destination_failing', status: 'open', count: 1000, last_error: 'The destination answered 500.' },
    ...{ subject: { type: 'destination', id: destination }, resolved_at: null }
  });
  expect(Date.parse(problem!.last_at) - Date.parse(problem!.first_at)).toBe(999);
  expect(problem!.message_ids).toHaveLength(20);
  expect(last).toEqual(expect.arrayContaining(problem!.message_ids.filter((message) => last.includes(message))));
  expect(await countOpenProblems(database)).toBe(1);
  expect(await troubled(database, 'destination')).toEqual(new Set([destination]));
  expect(await troubled(database, 'source')).toEqual(new Set());
});

test('it takes three different deliveries without a success between, wherever they were tried', async () => {
  const first = tried(one, 'again');
  for (let i = 0; i < 5; i += 1) tried(one, 'again', first);
  tried(other, 'again');
  await Promise.all([one.tick(), other.tick()]);
  expect(await open()).toEqual([]);
  tried(other, 'succeeded');
  await other.tick();
  tried(one, 'again');
  tried(one, 'again');
  await one.tick();
  expect(await open()).toEqual([]);
  tried(other, 'again');
  await other.tick();
  expect(await open()).toMatchObject([{ count: 3 }]);
});

test('one delivery that gave up is enough, even when another succeeds right after', async () => {
  tried(one, 'failed');
  tried(one, 'succeeded');
  await one.tick();
  expect(await open()).toMatchObject([{ count: 1, summary: expect.stringContaining('gave up') as string }]);
  await quiet();
  expect(await open()).toEqual([]);
});

test('a success resolves it; what fails then is a new one, and that needs longer to be over', async () => {
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  tried(other, 'succeeded');
  await other.tick();
  await quiet();
  expect(await all()).toMatchObject([
    { status: 'resolved', resolved_by: 'itself', resolution: 'A delivery succeeded, and none has failed since.' }
  ]);
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  tried(one, 'succeeded');
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  expect(await open()).toMatchObject([{ count: 3 }]);
  tried(one, 'succeeded');
  await quiet();
  expect(await open()).toHaveLength(1);
  await quiet(5 * MINUTE);
  expect(await open()).toEqual([]);
  expect(await all()).toHaveLength(2);
});

test('a failure soon after the success keeps it open', async () => {
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  tried(one, 'succeeded');
  await one.tick();
  tried(other, 'again');
  await other.tick();
  await quiet();
  expect(await open()).toMatchObject([{ count: 4 }]);
});

test('resolved by hand; what another node tells late is not held against it, what fails later is a new one', async () => {
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  for (let i = 0; i < 3; i += 1) tried(other, 'again');
  const [problem] = await open();
  now += SECOND;
  expect(await resolveProblem(database, problem!.id, { by: 'ada@example.org', now })).toBe(true);
  expect(await resolveProblem(database, problem!.id, { by: 'eve@example.org', now })).toBe(false);
  await other.tick();
  expect(await all()).toMatchObject([{ status: 'resolved', resolved_by: 'ada@example.org', count: 3 }]);
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  expect(await open()).toMatchObject([{ count: 3 }]);
  expect((await open())[0]!.id).not.toBe(problem!.id);
});

test('a destination that was deleted is no problem any more, and what is told late makes none', async () => {
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  await sql`delete from destinations where id = ${destination}`;
  tried(other, 'failed');
  await other.tick();
  expect(await all()).toMatchObject([{ status: 'resolved', resolved_by: 'itself', resolution: 'It was deleted.' }]);
  expect((await all())[0]!.subject.name).toMatch(/^[0-9a-f-]{36}$/);
  tried(other, 'failed');
  await other.tick();
  expect(await all()).toHaveLength(1);
});

test('one that the circuit breaker holds is the same problem, and over when it is released', async () => {
  for (let i = 0; i < 3; i += 1) tried(one, 'again');
  await one.tick();
  const [failing] = await open();
  await sql`
    insert into destination_states (destination_id, held_at, held_reason, probe_at)
    values (${destination}, now(), '5 tries in a row failed.', now())`;
  await one.tick();
  expect(await open()).toMatchObject([
    { id: failing!.id, kind: 'destination_held', count: 3, last_error: '5 tries in a row failed.' }
  ]);
  // Probes fail, and one delivery gives up; a success that is told late ends nothing while it is held.
  tried(other, 'again');
  tried(one, 'failed');
  tried(other, 'succeeded');
  await Promise.all([one.tick(), other.tick()]);
  await quiet();
  expect(await open()).toMatchObject([{ id: failing!.id, kind: 'destination_held', count: 4 }]);
  await sql`update destination_states set held_at = null, held_reason = null, probe_at = null`;
  await other.tick();
  expect(await all()).toMatchObject([
    { id: failing!.id, resolved_by: 'itself', resolution: 'It answers again, and what was held goes out.' }
  ]);
});

test('held although nothing was told here: a problem all the same, until somebody resolves it', async () => {
  const messageId = randomUUID();
  await sql`
    insert into destination_states (destination_id, held_at, held_reason, probe_at)
    values (${destination}, ${new Date(now)}, '5 tries in a row failed.', now())`;
  await Promise.all([one.tick(), other.tick()]);
  const [problem, ...more] = await open();
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ kind: 'destination_held', count: 0, subject: { id: destination } });
  now += 10;
  await resolveProblem(database, problem!.id, { by: 'ada@example.org', now });
  await one.tick();
  expect(await open()).toEqual([]);
  now += 10;
  one.tried({ deliveryId: messageId, messageId, destinationId: destination, then: 'again', error: 'Still away.' });
  await one.tick();
  expect(await open()).toMatchObject([{ kind: 'destination_held', count: 1 }]);
});
