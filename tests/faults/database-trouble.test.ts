// faults.md 5: the database refuses, hangs half-open, is read-only, full of connections, or locked. Every answer stays
// within its deadline, nothing hangs for good, and nothing is lost or applied twice.

import { expect, test, type onTestFinished } from 'vitest';
import { openPool, type Sql } from '#lib/server/database/connect.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { databaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import {
  answered,
  expectNothingLost,
  expectOnlyTakenOrBusy,
  paymentOf,
  prepareTarget,
  startLoad,
  type Target
} from '../support/stripe-load.ts';
import { until } from '../support/until.ts';

const BACK_WITHIN_MS = 5_000;
/** The longest of the deadlines: a page's statement has 15 s, and its connection 5 s more. */
const ANSWER_WITHIN_MS = 22_000;

interface Trouble {
  proxy: DatabaseProxy;
  /** The database's name. */
  name: string;
  /** To another database of the server, since this one may take nobody. */
  beside: Sql;
  /** To this one, past the proxy, without any deadline. */
  sql: Sql;
}

interface Case {
  what: string;
  begin(trouble: Trouble): Promise<unknown>;
  end(trouble: Trouble): Promise<unknown>;
  /** What reads answer meanwhile. */
  reads: number;
  /** Refusals to wait for: enough for pauses between tries to connect to have grown, where they come at once. */
  refusals: number;
}

/** Changes the database, and ends the connections that were made, or were being made, before. */
async function alter({ beside, name }: Trouble, how: string): Promise<void> {
  await beside.unsafe(`alter database ${name} ${how}`);
  const [altered] = await beside<{ at: string }[]>`select clock_timestamp()::text as at`;
  const endOld = () => beside`
    select case when datname = ${name} then pg_terminate_backend(pid) end from pg_stat_activity
     where backend_start <= ${altered!.at}::timestamptz and backend_type = 'client backend' and pid <> pg_backend_pid()
       and (datname = ${name} or datname is null)`;
  await until(async () => (await endOld()).length === 0);
}

const CASES: Case[] = [
  {
    what: 'cuts its connections and refuses new ones',
    begin: ({ proxy }) => proxy.refuse().then(proxy.cut),
    end: ({ proxy }) => proxy.forward(),
    ...{ reads: 503, refusals: 30 }
  },
  {
    what: 'hangs',
    begin: async ({ proxy }) => proxy.hang(),
    end: ({ proxy }) => proxy.forward(),
    ...{ reads: 503, refusals: 4 }
  },
  {
    what: 'is read-only',
    begin: (trouble) => alter(trouble, 'set default_transaction_read_only = on'),
    end: (trouble) => alter(trouble, 'reset default_transaction_read_only'),
    ...{ reads: 200, refusals: 30 }
  },
  {
    what: 'takes no more connections',
    begin: (trouble) => alter(trouble, 'connection limit 0'),
    end: (trouble) => alter(trouble, 'connection limit -1'),
    ...{ reads: 503, refusals: 30 }
  }
];

/** Posts, API and health while the database is in trouble: each is answered, in time, with what it is. */
async function expectAnswers(holdfast: Holdfast, target: Target, { reads }: Case): Promise<void> {
  const { body, headers } = paymentOf(target);
  const post = { method: 'POST', body, headers };
  const forged = { ...post, headers: { ...headers, 'stripe-signature': 't=1,v1=00' } };
  const asked: [string, number[], RequestInit?][] = [
    [`/in/${target.slug}`, [503], post],
    [`/in/${target.slug}`, [503], forged],
    ['/in/no-such-source', [reads === 200 ? 404 : 503], post],
    ['/healthz', [200]],
    ['/readyz', [503]],
    ['/metrics', [200]],
    ['/api/v1/messages', [reads], { headers: { authorization: `Bearer ${holdfast.apiKey}` } }],
    ['/login', [reads]]
  ];
  const answers = asked.map(async ([path, allowed, init]) => {
    const started = performance.now();
    const response = await fetch(holdfast.url + path, init);
    await response.body?.cancel();
    const durationMs = Math.round(performance.now() - started);
    const ok = allowed.includes(response.status) && durationMs < ANSWER_WITHIN_MS;
    return { path, status: response.status, ok, durationMs };
  });
  expect((await Promise.all(answers)).filter(({ ok }) => !ok)).toEqual([]);
}

const databases = new Map<string, TestDatabase>();
for (const name of [...CASES.map(({ what }) => what), 'forgotten', 'locked']) databases.set(name, await testDatabase());

/** A Holdfast behind a proxy, under a load that leaves room for the other cases. */
async function troubled(name: string, onFinished: typeof onTestFinished) {
  const database = databases.get(name)!;
  const url = new URL(database.url);
  url.pathname = 'postgres';
  const beside = openPool(url.href, 1, 0);
  const sql = openPool(database.url, 1, 0);
  onFinished(() => beside.end({ timeout: 1 }));
  onFinished(() => sql.end({ timeout: 1 }));
  const proxy = await databaseProxy(database.url, { onFinished });
  const holdfast = await startHoldfast({ databaseUrl: proxy.url });
  const target = await prepareTarget(holdfast);
  const load = startLoad(holdfast.url, target, { connections: 4, pauseMs: 20 });
  await until(() => answered(load.posts, 200).length > 50);
  const trouble: Trouble = { proxy, beside, sql, name: new URL(database.url).pathname.slice(1) };
  return {
    ...{ holdfast, target, trouble },
    async isRefused(times: number) {
      const before = answered(load.posts, 503).length;
      await until(() => answered(load.posts, 503).length >= before + times, { patienceMs: ANSWER_WITHIN_MS });
    },
    async isBack(patienceMs: number) {
      const before = answered(load.posts, 200).length;
      const failure = () => `Not back:\n${holdfast.output()}`;
      await until(() => answered(load.posts, 200).length > before + 10, { patienceMs, failure });
    },
    /** Nothing is lost, and nothing hangs. */
    async endsWell() {
      await load.stop();
      expectOnlyTakenOrBusy(load.posts);
      await expectNothingLost(database.web, target, load.posts);
      expect((await fetch(`${holdfast.url}/readyz`)).status).toBe(200);
      expect(await holdfast.stop(), holdfast.output()).toBe(0);
    }
  };
}

test.concurrent.for(CASES)('the database $what: 503 meanwhile, back within 5 s', async (it, { onTestFinished }) => {
  const { holdfast, target, trouble, ...load } = await troubled(it.what, onTestFinished);
  await it.begin(trouble);
  try {
    await load.isRefused(1);
    // A read that meets the very moment in which its connection is ended is told so.
    await until(async () => (await holdfast.api('/messages')).status === it.reads, { patienceMs: ANSWER_WITHIN_MS });
    await expectAnswers(holdfast, target, it);
    await load.isRefused(it.refusals);
  } finally {
    await it.end(trouble);
  }
  await load.isBack(BACK_WITHIN_MS);
  await load.endsWell();
});

test.concurrent('connections that a firewall forgot are given up and replaced', async ({ onTestFinished }) => {
  const { trouble, ...load } = await troubled('forgotten', onTestFinished);
  trouble.proxy.abandon();
  await load.isRefused(1);
  // Ten seconds until the first refusal. What came then may all have gone to a third connection that hangs: ten more.
  await load.isBack(BACK_WITHIN_MS + 10_000);
  await load.endsWell();
});

test.concurrent('tables that are locked for longer than the deadline', async ({ onTestFinished }) => {
  const { trouble, ...load } = await troubled('locked', onTestFinished);
  await trouble.sql.begin(async (lock) => {
    await lock`lock table messages in access exclusive mode`;
    await load.isRefused(4);
  });
  await load.isBack(BACK_WITHIN_MS);
  await load.endsWell();
});
