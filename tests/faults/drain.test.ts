// SIGTERM: streams are ended first, what was accepted is answered, the exit takes at most 5 s, whatever the database does.

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { processesIn } from '#lib/server/database/embedded-process.ts';
import { testDatabase } from '../support/database.ts';
import { databaseProxy } from '../support/database-proxy.ts';
import { embeddedSql } from '../support/embedded-url.ts';
import { startHoldfast, temporaryDataDirectory, type Holdfast } from '../support/holdfast.ts';
import { answered, expectNothingLost, prepareTarget, startLoad } from '../support/stripe-load.ts';
import { until } from '../support/until.ts';

/** Five seconds of its own, and a second for the machine to notice. */
const EXIT_WITHIN_MS = 6_000;

const database = await testDatabase();

/** A reader of the inbox, which says how its stream ended. */
async function openStream({ url, apiKey }: Holdfast): Promise<{ ended: Promise<'ended' | 'cut'> }> {
  const request = get(`${url}/api/v1/live?topics=inbox`, { headers: { authorization: `Bearer ${apiKey}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
  const ended = new Promise<'ended' | 'cut'>((resolve) => {
    response.on('end', () => resolve('ended'));
    response.on('error', () => resolve('cut'));
  });
  return { ended };
}

async function stopInTime(holdfast: Holdfast): Promise<void> {
  const started = performance.now();
  expect(await holdfast.stop(), holdfast.output()).toBe(0);
  expect(performance.now() - started).toBeLessThan(EXIT_WITHIN_MS);
}

test('under load: streams end, no post that was sent is cut, PostgreSQL is stopped, nothing is lost', async () => {
  const dataDirectory = await temporaryDataDirectory();
  const holdfast = await startHoldfast({ dataDirectory });
  const target = await prepareTarget(holdfast);
  const streams = await Promise.all([openStream(holdfast), openStream(holdfast)]);
  const load = startLoad(holdfast.url, target, { connections: 8 });
  await until(() => answered(load.posts, 200).length > 200);

  await stopInTime(holdfast);

  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(['ended', 'ended']);
  expect(processesIn(`${dataDirectory}/postgres`)).toEqual([]);
  // It listens no more: what comes now is not accepted at all.
  await until(() => answered(load.posts, null).length > 8);
  await load.stop();
  const statuses = new Set(load.posts.map(({ status }) => status));
  expect([...statuses].filter((status) => status !== 200 && status !== null)).toEqual([]);

  const again = await startHoldfast({ dataDirectory });
  const sql = await embeddedSql(dataDirectory);
  await expectNothingLost(sql, target, load.posts);
  const [row] = await sql<{ count: number }[]>`select count(*) as count from messages`;
  expect(row?.count).toBe(answered(load.posts, 200).length);
  await stopInTime(again);
});

test('with a database that hangs', async () => {
  const proxy = await databaseProxy(database.url);
  const holdfast = await startHoldfast({ databaseUrl: proxy.url });
  const target = await prepareTarget(holdfast);
  const stream = await openStream(holdfast);
  const load = startLoad(holdfast.url, target, { connections: 4 });
  await until(() => answered(load.posts, 200).length > 50);
  proxy.hang();

  await stopInTime(holdfast);

  expect(await stream.ended).toBe('ended');
  await load.stop();
  await proxy.forward();
});
