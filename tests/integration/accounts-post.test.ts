// Money moving in parallel: no line twice, no line lost, no deadlock.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAccount } from '#lib/server/accounts/accounts.ts';
import { lockBoard } from '#lib/server/accounts/lock-order.ts';
import type { LedgerLine, PostResult } from '#lib/server/accounts/post.ts';
import { post } from '#lib/server/accounts/post.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import type { Transaction } from '#lib/server/database/connect.ts';
import { connect } from '#lib/server/database/connect.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();

async function newAccounts(count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const write = await createAccount(database, { name: `Account ${index}`, currency: 'usd' });
    if (write.outcome === 'saved') ids.push(write.account.id);
  }
  return ids;
}

function line(id: number, fact: string = randomUUID(), amount = 100): LedgerLine {
  return {
    target: { by: 'id', id },
    amount,
    currency: 'usd',
    kind: 'payment',
    reason: 'Payment',
    provider: 'stripe',
    providerAccount: '',
    fact,
    payment: null,
    charge: null,
    eventId: null,
    eventCreated: null,
    test: false,
    messageId: randomUUID()
  };
}

async function balanceOf(id: number): Promise<number> {
  const state = await readAccount(database, id, { entries: 10_000 });
  const sum = state?.entries.reduce((total, entry) => total + entry.amount, 0);
  expect(state?.balance).toBe(sum);
  return sum ?? Number.NaN;
}

/** Two transactions that each hold a line before either goes on: run in step, not by luck. */
async function sideBySide(
  first: (sql: Transaction, met: () => Promise<unknown>) => Promise<unknown>,
  second: typeof first
) {
  let waiting = 2;
  const { promise, resolve } = Promise.withResolvers<null>();
  const met = () => {
    waiting -= 1;
    if (waiting === 0) resolve(null);
    return promise;
  };
  return Promise.all([first, second].map((work) => database.work.begin((sql) => work(sql, met))));
}

test('a line that is posted says what it did', async () => {
  const [id = 0] = await newAccounts(1);
  const result = await database.work.begin((sql) => post(sql, line(id)));
  const state = await readAccount(database, id, { entries: 1 });
  expect(result).toEqual({
    outcome: 'posted',
    entryId: state?.entries[0]?.id,
    amount: 100,
    account: { id, name: 'Account 0', currency: 'usd' },
    balance: 100,
    version: 2
  });
});

test('rolled back, it never was', async () => {
  const [id = 0] = await newAccounts(1);
  const undone = database.work.begin(async (sql) => {
    await post(sql, line(id, 'undone'));
    throw new Error('on purpose');
  });
  await expect(undone).rejects.toThrow('on purpose');
  expect(await balanceOf(id)).toBe(0);
  expect(await database.work.begin((sql) => post(sql, line(id, 'undone')))).toMatchObject({ outcome: 'posted' });
});

test('one fact on two accounts at once: one of them has it', async () => {
  const ids = await newAccounts(2);
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      database.work.begin((sql) => post(sql, line(ids[index % 2] ?? 0, 'shared')))
    )
  );
  expect(results.filter((result) => result.outcome === 'posted')).toHaveLength(1);
  expect(results.filter((result) => result.outcome === 'already_applied')).toHaveLength(9);
});

test('two transactions with two accounts in opposite orders: the one that would wait downwards gives up at once', async () => {
  const [low = 0, high = 0] = await newAccounts(2);
  const upwards = async (sql: Transaction, met: () => Promise<unknown>) => {
    await post(sql, line(low));
    await met();
    return post(sql, line(high));
  };
  const downwards = async (sql: Transaction, met: () => Promise<unknown>) => {
    await post(sql, line(high));
    await met();
    return post(sql, line(low));
  };
  const results = await sideBySide(upwards, downwards);
  expect(results).toEqual([expect.objectContaining({ outcome: 'posted' }), { outcome: 'busy', accountId: low }]);
  expect([await balanceOf(low), await balanceOf(high)]).toEqual([100, 200]);
});

test('a lower account that nobody has is simply taken', async () => {
  const [low = 0, high = 0] = await newAccounts(2);
  const results = await database.work.begin(async (sql) => [
    await post(sql, line(high)),
    await post(sql, line(low)),
    await post(sql, line(high))
  ]);
  expect(results.map((result) => result.outcome)).toEqual(['posted', 'posted', 'posted']);
});

test('a savepoint that is rolled back gives up its rank with its locks', async () => {
  const [low = 0, high = 0] = await newAccounts(2);
  const { promise: held, resolve: hold } = Promise.withResolvers<null>();
  const { promise: done, resolve: finish } = Promise.withResolvers<null>();
  const holder = database.work.begin(async (sql) => {
    await post(sql, line(low));
    hold(null);
    await done;
  });
  await held;
  const result = database.work.begin(async (sql) => {
    const undone = sql.savepoint(async (nested) => {
      await post(nested, line(high));
      throw new Error('on purpose');
    });
    await undone.catch(() => undefined);
    setImmediate(finish, null);
    // Holds nothing any more, so it waits for the holder instead of giving up.
    return post(sql, line(low));
  });
  expect(await result).toMatchObject({ outcome: 'posted', balance: 200 });
  await holder;
});

test('the board comes after every account', async () => {
  const [id = 0] = await newAccounts(1);
  const accountFirst = async (sql: Transaction, met: () => Promise<unknown>) => {
    await post(sql, line(id));
    await met();
    await lockBoard(sql);
  };
  const boardFirst = async (sql: Transaction, met: () => Promise<unknown>) => {
    await lockBoard(sql);
    await met();
    return post(sql, line(id));
  };
  expect(await sideBySide(accountFirst, boardFirst)).toEqual([undefined, { outcome: 'busy', accountId: id }]);
});

test('many batches of the same events in different orders: every fact once, no deadlock', async () => {
  const wide = connect(database.url, { poolSizes: { log: 1, work: 8, web: 1 } });
  const ids = await newAccounts(4);
  const lines = Array.from({ length: 24 }, (_, index) => line(ids[index % 4] ?? 0, `batch:${index}`));
  /** As the engine does it: one transaction, a savepoint a message, and what was busy again by itself. */
  const applyBatch = async (batch: LedgerLine[]): Promise<PostResult[]> => {
    const results = await wide.work.begin(async (sql) => {
      const posted: PostResult[] = [];
      for (const one of batch) posted.push(await sql.savepoint((nested) => post(nested, one)));
      return posted;
    });
    const busy = batch.filter((_, index) => results[index]?.outcome === 'busy');
    for (const one of busy) results.push(await wide.work.begin((sql) => post(sql, one)));
    return results;
  };
  try {
    const batches = Array.from({ length: 16 }, (_, turn) =>
      lines.map((_, index) => lines[(index * (turn % 2 === 0 ? 5 : 23) + turn * 7) % 24] ?? line(0))
    );
    const results = (await Promise.all(batches.map(applyBatch))).flat();
    expect(results.filter((result) => result.outcome === 'posted')).toHaveLength(24);
    for (const id of ids) expect(await balanceOf(id)).toBe(600);
  } finally {
    await wide.close();
  }
});
