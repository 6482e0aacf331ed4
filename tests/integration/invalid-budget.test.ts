// The budget of invalid bodies: shared by nodes, kept over restarts, a source and day each.

import { expect, onTestFinished, test } from 'vitest';
import { openPool } from '#lib/server/database/connect.ts';
import { DAY_MS } from '#lib/server/database/partitions.ts';
import { createInvalidBudget } from '#lib/server/door/invalid-budget.ts';
import { testDatabase } from '../support/database.ts';
import { databaseProxy } from '../support/database-proxy.ts';
import { until } from '../support/until.ts';

const LIMIT_BYTES = 1000;
const database = await testDatabase();
let now = Date.now();
let sourceId = 0;

function budget(sql = database.web) {
  const made = createInvalidBudget(sql, () => now, LIMIT_BYTES);
  onTestFinished(() => made.stop());
  return made;
}

const used = async (id: number): Promise<number> => {
  const [row] = await database.web<{ bytes: number }[]>`
    select bytes from invalid_body_usage where source_id = ${id} order by day desc limit 1`;
  return row?.bytes ?? 0;
};

test('up to the limit a body is kept, past it none, and the next day again', () => {
  const [id, other] = [++sourceId, ++sourceId];
  const { take } = budget();
  expect([take(id, 600), take(id, 500), take(id, 400), take(id, 1), take(id, 0)]).toEqual([
    true,
    false,
    true,
    false,
    true
  ]);
  expect(take(other, 1000)).toBe(true);
  now += DAY_MS;
  expect(take(id, 1000)).toBe(true);
});

test('a restart and other nodes count what was used, two seconds later at most', async () => {
  const id = ++sourceId;
  const first = budget();
  expect(first.take(id, 600)).toBe(true);
  await first.stop();
  expect(await used(id)).toBe(600);
  const [restarted, other] = [budget(), budget()];
  expect([restarted.take(id, 300), other.take(id, 300)]).toEqual([true, true]);
  await until(() => !restarted.take(id, 0) || !other.take(id, 0));
  expect(await used(id)).toBe(1200);
});

test('what was used while the database was away is counted when it is back', async () => {
  const id = ++sourceId;
  const proxy = await databaseProxy(database.url);
  const sql = openPool(proxy.url, 1, 5000);
  onTestFinished(() => sql.end({ timeout: 0 }));
  const { take } = budget(sql);
  await proxy.refuse();
  proxy.cut();
  expect(take(id, 800)).toBe(true);
  const away = performance.now();
  // Longer than from one flush to the next.
  await until(() => performance.now() - away > 2500);
  await proxy.forward();
  await until(async () => (await used(id)) === 800);
  expect(take(id, 300)).toBe(false);
});
