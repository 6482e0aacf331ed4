// Queries that do not come back, on servers that do not answer.

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openPool, type Sql } from '#lib/server/database/connect.ts';
import { DeadlineError, withDeadline } from '#lib/server/database/deadline.ts';
import { openSockets } from '#lib/server/database/socket.ts';
import { databaseProxy } from '../support/database-proxy.ts';
import { testDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();

/** A pool on a TCP server of ours, both closed with the test. */
async function poolOn(server: Server): Promise<Sql> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sql = openPool(`postgres://nobody:x@127.0.0.1:${port}/none`, 1, 1_000);
  onTestFinished(async () => {
    await sql.end({ timeout: 0 });
    server.close();
  });
  return sql;
}

test('an answer in time is passed on, and so is an error', async () => {
  const { web } = database;
  expect(await withDeadline(web`select 1 as one`, 5_000, 'a test')).toEqual([{ one: 1 }]);
  await expect(withDeadline(web`select 1 / 0`, 5_000, 'a test')).rejects.toThrow('division by zero');
});

test('a slow query is cancelled on the server', async () => {
  const { web } = database;
  const slow = withDeadline(web`select pg_sleep(60)`, 100, 'sleeping');
  await expect(slow).rejects.toThrow(new DeadlineError('The database did not answer within 100 ms (sleeping).'));
  await until(async () => {
    const rows = await web`select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'`;
    return rows.length === 0;
  });
});

test('a query that waits for a free connection is taken out of the queue', async () => {
  const sql = openPool(database.url, 1, 5_000);
  onTestFinished(() => sql.end());
  const { promise: held, resolve: release } = Promise.withResolvers<null>();
  const holder = sql.begin(async (transaction) => {
    await transaction`select 1`;
    await held;
  });
  const waiting = withDeadline(sql`insert into settings (name, value) values ('late', '1')`, 50, 'waiting');
  await expect(waiting).rejects.toThrow(DeadlineError);
  release(null);
  await holder;
  expect(await sql`select name from settings where name = 'late'`).toEqual([]);
});

test('a server that closes every connection at once does not hold us, nor is it stormed', async () => {
  let connections = 0;
  const closing = createServer((socket) => {
    connections += 1;
    socket.resume().end();
  });
  const sql = await poolOn(closing);
  const started = performance.now();
  while (performance.now() - started < 500) {
    await expect(withDeadline(sql`select 1`, 500, 'knocking')).rejects.toThrow();
  }
  // Two at once and then five a second, instead of as many as it can.
  expect(connections).toBeLessThanOrEqual(6);
});

test('a server that never answers does not hold us', async () => {
  const sql = await poolOn(createServer((socket) => socket.resume()));
  await expect(withDeadline(sql`select 1`, 200, 'knocking')).rejects.toThrow(DeadlineError);
});

test('a server that is gone when the query is to be cancelled does not end the process', async () => {
  const proxy = await databaseProxy(database.url);
  const sql = openPool(proxy.url, 1, 1_000);
  onTestFinished(() => sql.end({ timeout: 0 }));
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  proxy.hang();
  await proxy.refuse();
  await expect(withDeadline(sql`select 2`, 100, 'talking')).rejects.toThrow(DeadlineError);
  // By the end of this second one the attempt to cancel the first has been refused.
  await expect(withDeadline(sql`select 3`, 100, 'talking')).rejects.toThrow(DeadlineError);
});

test('a connection that fell silent is given up', async () => {
  const server = createServer((socket) => socket.write('hello')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = openSockets({ burst: 1, patience: { answerWithinMs: 5_000, silenceMs: 200 }, tls: null });
  const socket = await open({ path: false, host: ['127.0.0.1'], port: [port] });
  const started = performance.now();
  const failed = new Promise<Error>((resolve) => socket.once('error', resolve));
  expect((await failed).message).toBe('PostgreSQL has been silent for 200 ms: the connection is given up.');
  expect(performance.now() - started).toBeGreaterThan(190);
});

test('a connection that does not answer a query is given up, and the pool goes on with another', async () => {
  const proxy = await databaseProxy(database.url);
  // The statement's own deadline, and five seconds.
  const sql = openPool(proxy.url, 1, 100);
  onTestFinished(() => sql.end({ timeout: 0 }));
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  proxy.abandon();
  await expect(sql`select 2 as two`).rejects.toThrow(
    'PostgreSQL has not answered for 5100 ms: the connection is given up.'
  );
  await until(async () => (await sql`select 3 as three`.catch(() => [])).length === 1, { patienceMs: 1_000 });
});

test('an int8 is a number, and one that a number cannot hold is an error', async () => {
  const { web } = database;
  expect(await web`select 9007199254740991::bigint as most, array[1::bigint] as list`).toEqual([
    { most: 9007199254740991, list: [1] }
  ]);
  await expect(web`select 9007199254740992::bigint`).rejects.toThrow('9007199254740992, which is beyond 2^53');
  expect(await web`select 1 as one`).toEqual([{ one: 1 }]);
});
