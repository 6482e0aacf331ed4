// faults.md 1: the process is killed under load, again and again, and started again on what it left.

import { expect, test } from 'vitest';
import { startOfProcess } from '#lib/server/database/embedded-process.ts';
import { embeddedPostgres, embeddedSql } from '../support/embedded-url.ts';
import { startHoldfast, temporaryDataDirectory } from '../support/holdfast.ts';
import {
  answered,
  expectNothingLost,
  prepareTarget,
  startLoad,
  type Post,
  type Target
} from '../support/stripe-load.ts';
import { until } from '../support/until.ts';

const ROUNDS = 20;
const CONNECTIONS = 8;
const READY_WITHIN_MS = 10_000;
const MIN_POSTS_A_ROUND = 50;
const MAX_LOAD_MS = 500;

test(`kill -9 under load, ${ROUNDS} rounds: nothing lost, nothing twice, back within 10 s`, async () => {
  const dataDirectory = await temporaryDataDirectory();
  const env = { API_KEY: 'key_of_all_rounds' };
  const posts: Post[] = [];
  let target: Target | null = null;
  let postmaster: number | null = null;

  for (let round = 1; round <= ROUNDS; round++) {
    const started = performance.now();
    const holdfast = await startHoldfast({ dataDirectory, env });
    expect(performance.now() - started, `round ${round}: ready again`).toBeLessThan(READY_WITHIN_MS);
    target ??= await prepareTarget(holdfast);
    // Node's death is not PostgreSQL's: the next start takes over the one that runs.
    postmaster ??= (await embeddedPostgres(dataDirectory)).pid;
    expect((await embeddedPostgres(dataDirectory)).pid, `round ${round}: the postmaster`).toBe(postmaster);

    const load = startLoad(holdfast.url, target, { connections: CONNECTIONS });
    const goal = MIN_POSTS_A_ROUND + Math.random() * MAX_LOAD_MS;
    await until(() => answered(load.posts, 200).length >= goal, { failure: holdfast.output });
    await holdfast.kill('SIGKILL');
    await until(() => answered(load.posts, null).length > 0);
    await load.stop();
    posts.push(...load.posts);
    expect(load.posts.filter((post) => post.status !== 200 && post.status !== null)).toEqual([]);
    expect(startOfProcess(postmaster)).not.toBeNull();
  }

  const holdfast = await startHoldfast({ dataDirectory, env });
  await expectNothingLost(await embeddedSql(dataDirectory), target!, posts);
  expect(await holdfast.stop(), holdfast.output()).toBe(0);
});
