// What waits for one destination: how many at once, how often, and what is given back.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLane, type Runner, type Speed } from '#lib/server/deliver/lane.ts';
import type { Work } from '#lib/server/deliver/work.ts';
import { until } from '../support/until.ts';

const work = (id: number, probe = false) => ({ id: String(id), destinationId: 1, probe }) as Work;
const pace = { pauseAfter: () => 0 };

/** A lane whose runs take a millisecond, with what it did. */
function laneWith(speed: () => Speed, leased: (work: Work) => boolean = () => true) {
  const begun: { id: string; at: number }[] = [];
  const returned: string[] = [];
  let most = 0;
  let now = 0;
  const runner: Runner = {
    async run(batch) {
      now += 1;
      most = Math.max(most, now);
      begun.push(...batch.map(({ id }) => ({ id, at: performance.now() })));
      await delay(1);
      now -= 1;
    },
    ...{ speed, batchSize: 1, room: { deliveries: 100, bytes: 100 } }
  };
  const parts = {
    ...{
      runnerOf: async () => runner,
      done: () => {},
      failed: async () => {},
      isLeased: leased,
      lastIntakeAt: () => 0
    },
    returned: async (batch: readonly Work[]) => void returned.push(...batch.map(({ id }) => id))
  };
  const lane = createLane(parts, 1, pace);
  const add = (items: Work[]) => {
    for (const item of items) lane.add(item);
    lane.look();
  };
  return { lane, add, begun, returned, most: () => most };
}
const many = (count: number) => Array.from({ length: count }, (_, n) => work(n));

test('never more at once than the destination takes', async () => {
  const { add, begun, most } = laneWith(() => ({ open: 'all', concurrency: 3, intervalMs: 0 }));
  add(many(20));
  await until(() => begun.length === 20);
  expect(most()).toBe(3);
  expect(begun.map(({ id }) => id)).toEqual(many(20).map(({ id }) => id));
});

test('never sooner after one another than its rate', async () => {
  const { add, begun } = laneWith(() => ({ open: 'all', concurrency: 16, intervalMs: 20 }));
  add(many(8));
  await until(() => begun.length === 8);
  const gaps = begun.slice(1).map(({ at }, n) => at - begun[n]!.at);
  expect(Math.min(...gaps)).toBeGreaterThan(19);
});

test('above what timers can do the rate is kept over time', async () => {
  const { add, begun } = laneWith(() => ({ open: 'all', concurrency: 16, intervalMs: 0.5 }));
  add(many(200));
  await until(() => begun.length === 200);
  // The five milliseconds that may be made up for, and no more.
  expect(begun.at(-1)!.at - begun[0]!.at).toBeGreaterThan(199 * 0.5 - 6);
});

test('of one that is held only a probe runs, of one that is paused nothing: the rest is given back', async () => {
  let speed: Speed = { open: 'probes', concurrency: 1, intervalMs: 0 };
  const { add, begun, returned } = laneWith(() => speed);
  add([work(1), work(2, true), work(3)]);
  await until(() => begun.length === 1 && returned.length === 2);
  expect([begun[0]!.id, returned]).toEqual(['2', ['1', '3']]);
  speed = { ...speed, open: 'nothing' };
  add([work(4), work(5, true)]);
  await until(() => returned.length === 4);
  expect(begun).toHaveLength(1);
});

test('what may be in other hands by now is given back, not run', async () => {
  const { add, begun, returned } = laneWith(
    () => ({ open: 'all', concurrency: 4, intervalMs: 0 }),
    ({ id }) => id !== '1'
  );
  add(many(3));
  await until(() => begun.length === 2 && returned.length === 1);
  expect(returned).toEqual(['1']);
});

test('closed: nothing begins, and what waited is said', async () => {
  const { lane, add, begun } = laneWith(() => ({ open: 'all', concurrency: 1, intervalMs: 1000 }));
  add(many(3));
  await until(() => begun.length === 1);
  const { unbegun, running } = lane.close();
  await running;
  expect(unbegun.map(({ id }) => id)).toEqual(['1', '2']);
});
