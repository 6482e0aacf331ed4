// faults.md 2 and 3: PostgreSQL is killed under load, alone and together with the process.

import { expect, test } from 'vitest';
import { openPool } from '#lib/server/database/connect.ts';
import { signalProcess } from '#lib/server/database/embedded-process.ts';
import { embeddedPostgres, embeddedSql } from '../support/embedded-url.ts';
import { startHoldfast, temporaryDataDirectory } from '../support/holdfast.ts';
import {
  answered,
  expectNothingLost,
  expectOnlyTakenOrBusy,
  prepareTarget,
  startLoad
} from '../support/stripe-load.ts';
import { until } from '../support/until.ts';

const ROUNDS = 2;
const BACK_WITHIN_MS = 5_000;
const READY_WITHIN_MS = 10_000;

/** Whether the PostgreSQL of this DATA_DIR answers, asked by a connection of its own. */
async function answers(dataDirectory: string): Promise<boolean> {
  const found = await embeddedPostgres(dataDirectory).catch(() => null);
  if (found === null) return false;
  const sql = openPool(found.url, 1, 1_000);
  return sql`select 1`
    .then(
      () => true,
      () => false
    )
    .finally(() => sql.end({ timeout: 1 }));
}

async function busyBackends(dataDirectory: string): Promise<number[]> {
  const sql = openPool((await embeddedPostgres(dataDirectory)).url, 1, 5_000);
  try {
    const rows = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 3`;
    return rows.map((row) => row.pid);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

test.each([
  { what: 'backends', victims: busyBackends },
  { what: 'the postmaster', victims: async (directory: string) => [(await embeddedPostgres(directory)).pid] }
])('kill -9 of $what under load: 503 while it is away, back within 5 s of its return', async ({ victims }) => {
  const holdfast = await startHoldfast();
  const { dataDirectory } = holdfast;
  const target = await prepareTarget(holdfast);
  const load = startLoad(holdfast.url, target);
  for (let round = 1; round <= ROUNDS; round++) {
    const before = answered(load.posts, 200).length;
    await until(() => answered(load.posts, 200).length > before + 100, { failure: holdfast.output });
    // After the first, PostgreSQL ends the others by itself.
    for (const pid of await victims(dataDirectory)) signalProcess(pid, 'SIGKILL');
    await until(() => answers(dataDirectory));
    const returned = answered(load.posts, 200).length;
    const failure = () => `Not back:\n${holdfast.output()}`;
    await until(() => answered(load.posts, 200).length > returned + 10, { patienceMs: BACK_WITHIN_MS, failure });
  }
  await load.stop();
  expect(answered(load.posts, 503).length).toBeGreaterThan(0);
  expectOnlyTakenOrBusy(load.posts);
  await expectNothingLost(await embeddedSql(dataDirectory), target, load.posts);
  expect(await holdfast.stop(), holdfast.output()).toBe(0);
});

test('kill -9 of both at once: nothing lost, nothing twice, back within 10 s', async () => {
  const dataDirectory = await temporaryDataDirectory();
  const env = { API_KEY: 'key_of_all_rounds' };
  let holdfast = await startHoldfast({ dataDirectory, env });
  const target = await prepareTarget(holdfast);
  const posts = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const load = startLoad(holdfast.url, target);
    await until(() => answered(load.posts, 200).length > 200, { failure: holdfast.output });
    const { pid } = await embeddedPostgres(dataDirectory);
    const order = round % 2 === 0 ? [pid, holdfast.pid] : [holdfast.pid, pid];
    for (const victim of order) process.kill(victim, 'SIGKILL');
    await holdfast.kill('SIGKILL');
    await load.stop();
    posts.push(...load.posts);
    const started = performance.now();
    holdfast = await startHoldfast({ dataDirectory, env });
    expect(performance.now() - started, `round ${round}: ready again`).toBeLessThan(READY_WITHIN_MS);
  }
  await expectNothingLost(await embeddedSql(dataDirectory), target, posts);
  expect(await holdfast.stop(), holdfast.output()).toBe(0);
});
