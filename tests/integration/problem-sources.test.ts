// Problems of sources on a real database, and what is found at the start after a crash.

import { beforeEach, expect, test } from 'vitest';
import type { VerificationStatus } from '#lib/inbox/types.ts';
import { troubled } from '#lib/server/problems/problem.ts';
import { testDatabase } from '../support/database.ts';
import { insertRow } from '../support/log-rows.ts';
import { problemsOn } from '../support/problems.ts';

const MINUTE = 60_000;
const database = await testDatabase();
const sql = database.web;
let now = Date.now();
const { node, open, all, newDestination, newSource, clear } = problemsOn(database, () => now);
const one = node();

let destination = 0;
beforeEach(async () => {
  await clear();
  destination = await newDestination();
  now = Date.now();
});

let sequence = 0;
/** Messages of a source, oldest first: v valid, i invalid; the node that took them in tells of the invalid ones. */
async function received(sourceId: number, verdicts: string, gapMs = 10): Promise<void> {
  for (const verdict of verdicts) {
    now += gapMs;
    const verification: VerificationStatus = verdict === 'i' ? 'invalid' : 'valid';
    const row = { at: now, sequence: (sequence += 1) % 4096, sourceId, body: Buffer.from('{}'), isJson: true };
    const { id: messageId } = await insertRow(sql, { ...row, verification });
    if (verdict === 'i') one.refused({ messageId, sourceId, reason: 'No secret fits.' });
  }
  await one.tick();
}

test('of a source: five invalid messages in a row, over when five in a row are valid', async () => {
  const source = await newSource();
  await received(source, 'iiiviiii');
  expect(await open()).toEqual([]);
  await received(source, 'i');
  expect(await open()).toMatchObject([
    {
      kind: 'source_invalid',
      count: 8,
      last_error: 'No secret fits.',
      subject: { type: 'source', id: source, name: 'Shop' }
    }
  ]);
  await received(source, 'vvvv');
  await received(source, 'i');
  expect(await open()).toMatchObject([{ count: 9 }]);
  await received(source, 'vvvvv');
  expect(await open()).toEqual([]);
  expect(await all()).toMatchObject([{ resolved_by: 'itself', resolution: 'The newest 5 messages are valid.' }]);
});

test('of a source: half of the newest twenty, within ten minutes', async () => {
  const source = await newSource();
  await received(source, 'iviviviviviviviviv');
  expect(await open()).toEqual([]);
  await received(source, 'iv');
  expect(await open()).toMatchObject([{ count: 10 }]);

  const slow = await newSource();
  await received(slow, 'iiii', 3 * MINUTE);
  await received(slow, 'i', 3 * MINUTE);
  expect(await troubled(database, 'source')).toEqual(new Set([source]));
});

test('of a source: messages that were verified again count as what they are now', async () => {
  const source = await newSource();
  await received(source, 'iiiii');
  expect(await open()).toHaveLength(1);
  await sql`update messages set verification = 'valid' where source_id = ${source}`;
  await one.tick();
  expect(await open()).toEqual([]);
});

test('what a process that crashed had not written is found at the next start, once', async () => {
  const source = await newSource();
  for (let i = 0; i < 5; i += 1) {
    const row = {
      at: now - 1000 + i,
      sequence: (sequence += 1),
      sourceId: source,
      body: Buffer.from('{}'),
      isJson: true
    };
    await insertRow(sql, { ...row, verification: 'invalid' });
  }
  const at = { at: now - 5000, sequence: 9, sourceId: source, body: Buffer.from('{}'), isJson: true };
  const { id: messageId } = await insertRow(sql, {
    ...at,
    deliveries: [{ destinationId: destination, status: 'failed' }]
  });
  const recovered = await newDestination();
  const failedBefore = [
    { destinationId: recovered, status: 'failed' },
    { destinationId: recovered, status: 'succeeded' }
  ] as const;
  const both = await insertRow(sql, { ...at, sequence: 10, deliveries: failedBefore });
  await sql`update delivery_results set finished_at = now() - interval '1 minute' where id = ${both.deliveryIds[0]!}`;
  now = Date.now() + 10;

  await node().tick();
  const byKind = async () => (await all()).toSorted((a, b) => a.kind.localeCompare(b.kind));
  expect(await byKind()).toMatchObject([
    { kind: 'destination_failing', count: 1, last_error: 'It broke.', message_ids: [messageId] },
    { kind: 'source_invalid', count: 5 }
  ]);
  await node().tick();
  expect((await byKind()).map(({ count }) => count)).toEqual([1, 5]);
});
