// The batcher: what waits goes together, what is broken goes alone, what is too much is refused.

import { expect, test } from 'vitest';
import { createBatcher, LogUnavailable, type BatcherLimits } from '#lib/server/log/batcher.ts';
import type { LogEntry } from '#lib/server/log/entry.ts';
import { createMessageIds, deliveryIdFor } from '#lib/server/log/ids.ts';
import { logEntry } from '../support/log-entries.ts';
import { until } from '../support/until.ts';

const LIMITS: BatcherLimits = {
  ...{ maxBatchBytes: 10_000, maxBatchEntries: 5, maxInFlight: 2, maxPendingBytes: 40_000, maxWaitMs: 300 }
};
const UNIQUE = Object.assign(new Error('bad row'), { code: '22P02' });

interface Held {
  entries: readonly LogEntry[];
  release(): void;
}

/** A write that waits to be released. */
function holding(fails: (entries: readonly LogEntry[]) => Error | null = () => null) {
  const held: Held[] = [];
  const batcher = createBatcher({
    write: (entries) =>
      new Promise((resolve, reject) => {
        const release = () => {
          const failure = fails(entries);
          if (failure) reject(failure);
          else resolve(entries.map(() => ({ duplicateOf: null })));
        };
        held.push({ entries, release });
      }),
    isDataError: (error) => error === UNIQUE,
    soften: () => null,
    limits: LIMITS
  });
  return { batcher, held };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function releaseAll(held: Held[]): Promise<void> {
  for (let next = held.shift(); next; next = held.shift()) {
    next.release();
    await turn();
    await turn();
  }
}

test('what arrives in one turn goes as one batch; at most two are in flight', async () => {
  const { batcher, held } = holding();
  const all = Array.from({ length: 13 }, () => batcher.add(logEntry('{}')));
  await turn();
  expect(held.map((batch) => batch.entries.length)).toEqual([5, 5]);
  await releaseAll(held);
  await expect(Promise.all(all)).resolves.toHaveLength(13);
  await batcher.drained();
  expect(batcher.load()).toEqual({ entries: 0, bytes: 0 });
});

test('a body over the batch limit goes alone', async () => {
  const { batcher, held } = holding();
  const all = [logEntry('{}'), logEntry(Buffer.alloc(20_000)), logEntry('{}')].map((entry) => batcher.add(entry));
  await turn();
  expect(held.map((batch) => batch.entries.length)).toEqual([1, 1]);
  await releaseAll(held);
  await Promise.all(all);
});

test('the bad row is rejected alone, its neighbours are written', async () => {
  const bad = logEntry('bad');
  const { batcher, held } = holding((entries) => (entries.includes(bad) ? UNIQUE : null));
  const all = [logEntry('1'), logEntry('2'), bad, logEntry('3')].map((entry) => batcher.add(entry));
  const settled = Promise.allSettled(all);
  await turn();
  await releaseAll(held);
  expect((await settled).map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

test('what waited too long behind others is refused, and what came later is written', async () => {
  const { batcher, held } = holding();
  const first = Array.from({ length: 10 }, () => batcher.add(logEntry('{}')));
  await turn();
  const late = batcher.add(logEntry('{}'));
  const refused = expect(late).rejects.toThrow('The message waited longer than 300 ms to be written.');
  const started = performance.now();
  await until(() => performance.now() - started > 310);
  const inTime = batcher.add(logEntry('{}'));
  await releaseAll(held);
  await refused;
  await expect(Promise.all([...first, inTime])).resolves.toHaveLength(11);
  expect(batcher.load()).toEqual({ entries: 0, bytes: 0 });
});

test('over the byte budget it refuses at once and takes again when there is room', async () => {
  const { batcher, held } = holding();
  const first = batcher.add(logEntry(Buffer.alloc(38_000)));
  await expect(batcher.add(logEntry(Buffer.alloc(2000)))).rejects.toBeInstanceOf(LogUnavailable);
  await turn();
  await releaseAll(held);
  await first;
  const again = batcher.add(logEntry(Buffer.alloc(2000)));
  await turn();
  await releaseAll(held);
  await expect(again).resolves.toEqual({ duplicateOf: null });
});

test('ids never go back, though the clock does, and carry their own time', () => {
  const times = [1000, 1000, 900, 1001, 1, 1002];
  const next = createMessageIds(() => times.shift() ?? 5000);
  const ids = Array.from({ length: 6 }, () => next());
  expect(ids.map((item) => item.id).toSorted()).toEqual(ids.map((item) => item.id));
  for (const { id, receivedAt } of ids) {
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(receivedAt);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(deliveryIdFor(id).slice(0, 13)).toBe(id.slice(0, 13));
  }
});

test('more than 4,096 ids in one millisecond borrow from the next', () => {
  const next = createMessageIds(() => 1000);
  const ids = Array.from({ length: 10_000 }, () => next().id);
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.toSorted()).toEqual(ids);
});
