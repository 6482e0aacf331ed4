// Connections to PostgreSQL that end in the middle: whoever used them hears of it, nothing runs where it does not belong,
// and the pool goes on. An exception that nobody could catch would fail this file by itself.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { openPool, type Sql } from '#lib/server/database/connect.ts';
import { databaseProxy, type DatabaseProxy, type ProxyOptions } from '../support/database-proxy.ts';
import { testDatabase } from '../support/database.ts';
import { selfSigned } from '../support/self-signed.ts';
import { until } from '../support/until.ts';

const ROUNDS = 5;
const database = await testDatabase();
await database.web`create table marks (mark text not null)`;

const isAsleep = async (): Promise<boolean> =>
  (await database.web`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`)
    .length > 0;

/** A pool of one connection, so that whoever comes next gets the same one. */
async function poolThrough(options: ProxyOptions = {}, parameters = ''): Promise<{ proxy: DatabaseProxy; sql: Sql }> {
  const proxy = await databaseProxy(database.url, options);
  const url = `${proxy.url.replace('127.0.0.1', 'localhost')}${parameters}`;
  const sql = openPool(url, 1, 20_000);
  onTestFinished(() => sql.end({ timeout: 0 }));
  return { proxy, sql };
}

const marks = () => database.web`select mark from marks`;
const ENDS = ['cut', 'reset'] as const;

test.each(ENDS)('a transaction that is %s during a query fails, and nothing of it is kept', async (end) => {
  const { proxy, sql } = await poolThrough();
  for (let round = 0; round < ROUNDS; round++) {
    const transaction = sql.begin(async (inside) => {
      await inside`insert into marks values ('before')`;
      // Goes on after an error, as a handler's savepoint does.
      await inside`select pg_sleep(60)`.catch(() => {});
      await inside`insert into marks values ('after')`.catch(() => {});
      return inside`insert into marks values ('last')`;
    });
    const failed = expect(transaction).rejects.toThrow();
    await until(isAsleep);
    const next = sql`select 1 as one`.catch((error: unknown) => error);
    proxy[end]();
    await failed;
    await next;
    await until(async () => (await sql`select 2 as two`.catch(() => [])).length === 1);
    expect(await sql`select 3 as three`).toEqual([{ three: 3 }]);
    expect(await marks()).toEqual([]);
    await database.web`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`;
  }
});

const KINDS: ((sql: Sql) => Promise<unknown>)[] = [
  (sql) => sql`select 1`.then(String),
  (sql) => sql`select ${[1, 2]}::int[] as list`.then(String),
  (sql) => sql.begin('isolation level repeatable read read only', (inside) => inside`select 1`),
  (sql) =>
    sql.begin(async (inside) => {
      await inside.savepoint((savepoint) => savepoint`select 1 / 0`).catch(() => {});
      return inside`select 2`;
    })
];

test('whatever is cut, whenever: every query is answered or fails, and the pool stays whole', async () => {
  const proxy = await databaseProxy(database.url);
  const sql = openPool(proxy.url, 4, 20_000);
  onTestFinished(() => sql.end({ timeout: 0 }));
  const counts = { answered: 0, failed: 0, underWay: 0 };
  let stopped = false;
  async function ask(turn: number): Promise<void> {
    for (let i = turn; !stopped; i++) {
      counts.underWay += 1;
      await KINDS[i % KINDS.length]!(sql).then(
        () => (counts.answered += 1),
        () => (counts.failed += 1)
      );
      counts.underWay -= 1;
      await delay(1);
    }
  }
  const asking = Promise.all(Array.from({ length: 12 }, (_, turn) => ask(turn)));
  for (let cuts = 0; cuts < 60; cuts++) {
    // Often while it still shakes hands, often in the middle of a transaction.
    await delay(Math.random() * 40);
    proxy[ENDS[cuts % 2]!]();
  }
  const before = counts.answered;
  await until(() => counts.answered > before + 100);
  stopped = true;
  await until(() => counts.underWay === 0, { failure: () => JSON.stringify(counts) });
  await asking;
  expect(counts.failed).toBeGreaterThan(0);
  // All four, at once.
  const together = await Promise.all(
    Array.from({ length: 4 }, () => sql`select pg_backend_pid() as pid, pg_sleep(0.3)`)
  );
  expect(new Set(together.map(([row]) => row?.['pid'] as number)).size).toBe(4);
}, 60_000);

test('after an outage of seconds it is back within one and a half', async () => {
  const { proxy, sql } = await poolThrough();
  await sql`select 1`;
  await proxy.refuse();
  proxy.cut();
  // By then postgres.js's own pauses between two tries would be longer than the outage.
  let refused = 0;
  await until(async () => {
    await sql`select 1`.catch(() => (refused += 1));
    return refused >= 9;
  });
  await proxy.forward();
  const returned = performance.now();
  await until(async () => (await sql`select 2 as two`.catch(() => [])).length === 1);
  expect(performance.now() - returned).toBeLessThan(1500);
});

const certificate = selfSigned('localhost');

/** PostgreSQL's own way into TLS, then what comes is passed on in clear. */
async function acceptTls(socket: Socket, answer: Buffer): Promise<Socket> {
  const [request] = (await once(socket, 'data')) as [Buffer];
  expect(request.toString('hex')).toBe('0000000804d2162f');
  socket.write(answer);
  if (answer[0] !== 0x53) return socket;
  return new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
}

const yes = (socket: Socket) => acceptTls(socket, Buffer.from('S'));
const no = (socket: Socket) => acceptTls(socket, Buffer.from('N'));

test.each(['require', 'prefer'])('sslmode=%s goes over TLS, and survives its end', async (mode) => {
  const { proxy, sql } = await poolThrough({ accept: yes }, `?sslmode=${mode}`);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  for (const end of ENDS) {
    const failed = expect(sql.begin((inside) => inside`select pg_sleep(60)`)).rejects.toThrow();
    await until(isAsleep);
    proxy[end]();
    await failed;
    await until(async () => (await sql`select 2 as two`.catch(() => [])).length === 1);
    await database.web`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`;
  }
});

test('sslmode=verify-full refuses a certificate that nobody vouches for', async () => {
  const { sql } = await poolThrough({ accept: yes }, '?sslmode=verify-full');
  await expect(sql`select 1`).rejects.toThrow('self-signed certificate');
});

test('a server without TLS: sslmode=require refuses it, sslmode=prefer takes it', async () => {
  const strict = await poolThrough({ accept: no }, '?sslmode=require');
  await expect(strict.sql`select 1`).rejects.toThrow('PostgreSQL offers no TLS, and sslmode in the URL asks for it.');
  const easy = await poolThrough({ accept: no }, '?sslmode=prefer');
  expect(await easy.sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('more than one byte in answer to the request for TLS is refused', async () => {
  const { sql } = await poolThrough({ accept: (socket) => acceptTls(socket, Buffer.from('SN')) }, '?sslmode=require');
  await expect(sql`select 1`).rejects.toThrow('more than an answer');
});
