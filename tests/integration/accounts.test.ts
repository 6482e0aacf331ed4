// Accounts as people manage them.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { NewAccount } from '#lib/server/accounts/accounts.ts';
import {
  accountsOfOwner,
  createAccount,
  deleteAccount,
  findAccount,
  listAccounts,
  updateAccount
} from '#lib/server/accounts/accounts.ts';
import type { LedgerLine } from '#lib/server/accounts/post.ts';
import { post } from '#lib/server/accounts/post.ts';
import { accountState, readAccount } from '#lib/server/accounts/state.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();

/** Typed: what expect gives for it is any. */
function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

async function saved(account: Partial<NewAccount> = {}) {
  const write = await createAccount(database, { name: 'Ada', currency: 'usd', ...account });
  if (write.outcome !== 'saved') throw new Error(write.outcome);
  return write.account;
}

function credit(id: number, amount: number, fact: string = randomUUID()) {
  const line: LedgerLine = {
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
  return database.work.begin((sql) => post(sql, line));
}

test('an account starts at nothing; currency and owner in lower case', async () => {
  const account = await saved({
    name: 'Grace',
    currency: 'EUR',
    ownerEmail: 'Grace@Navy.Example',
    stripeCustomer: 'cus_g'
  });
  expect(account).toEqual({
    id: account.id,
    name: 'Grace',
    currency: 'eur',
    balance: 0,
    version: 1,
    owner_email: 'grace@navy.example',
    stripe_customer: 'cus_g',
    created_at: matching(/^\d{4}-\d\d-\d\dT.*Z$/)
  });
  expect(await findAccount(database, account.id)).toEqual(account);
  expect(await listAccounts(database)).toContainEqual(account);
  expect(await accountsOfOwner(database, 'GRACE@navy.example')).toEqual([account]);
  expect(await accountsOfOwner(database, 'ada@navy.example')).toEqual([]);
});

test('a Stripe customer has one account', async () => {
  const first = await saved({ stripeCustomer: 'cus_1' });
  const taken = { outcome: 'stripe_customer_taken', accountId: first.id };
  expect(await createAccount(database, { name: 'Two', currency: 'usd', stripeCustomer: 'cus_1' })).toEqual(taken);
  const second = await saved();
  expect(await updateAccount(database, second.id, { stripeCustomer: 'cus_1' })).toEqual(taken);
  expect(await updateAccount(database, first.id, { stripeCustomer: 'cus_1' })).toMatchObject({ outcome: 'saved' });
});

test('a change leaves the rest, null empties, the version moves', async () => {
  const account = await saved({ ownerEmail: 'ada@engine.example', stripeCustomer: 'cus_2' });
  expect(await updateAccount(database, account.id, { name: 'Ada L.' })).toEqual({
    outcome: 'saved',
    account: { ...account, name: 'Ada L.', version: 2 }
  });
  expect(await updateAccount(database, account.id, { ownerEmail: null, stripeCustomer: null })).toEqual({
    outcome: 'saved',
    account: { ...account, name: 'Ada L.', owner_email: null, stripe_customer: null, version: 3 }
  });
  expect(await updateAccount(database, 999_999, { name: 'Nobody' })).toEqual({ outcome: 'unknown' });
});

test('an account without lines is deleted', async () => {
  const { id } = await saved();
  expect(await deleteAccount(database, id)).toBe('deleted');
  expect(await deleteAccount(database, id)).toBe('unknown');
  const [row] = await database.web`select from accounts where id = ${id}`;
  expect(row).toBeUndefined();
});

test('an account with lines is closed: seen nowhere, credited no more, its lines stay', async () => {
  const { id } = await saved({ ownerEmail: 'closed@x.example', stripeCustomer: 'cus_3' });
  await credit(id, 500, 'payment:pi_closed');
  expect(await deleteAccount(database, id)).toBe('closed');
  expect(await deleteAccount(database, id)).toBe('unknown');
  expect(await readAccount(database, id, { entries: 1 })).toBeNull();
  expect(await findAccount(database, id)).toBeNull();
  expect(await accountsOfOwner(database, 'closed@x.example')).toEqual([]);
  expect((await listAccounts(database)).map((account) => account.id)).not.toContain(id);
  expect(await updateAccount(database, id, { name: 'x' })).toEqual({ outcome: 'unknown' });
  expect(await credit(id, 500)).toEqual({ outcome: 'unknown_account' });
  // What was applied stays applied, also for whoever has the customer now.
  expect(await credit(id, 500, 'payment:pi_closed')).toMatchObject({ outcome: 'already_applied', amount: 500 });
  const heir = await saved({ stripeCustomer: 'cus_3' });
  expect(await credit(heir.id, 500, 'payment:pi_closed')).toMatchObject({ outcome: 'already_applied' });
});

test('the state: newest lines first, balance of the same moment, pages', async () => {
  const { id } = await saved();
  for (let amount = 1; amount <= 60; amount += 1) await credit(id, amount);
  const state = await accountState(database, id);
  expect(state).toMatchObject({ id, name: 'Ada', currency: 'usd', balance: 1830, version: 61 });
  expect(state?.entries.map((entry) => entry.amount)).toEqual(Array.from({ length: 50 }, (_, index) => 60 - index));
  expect(state?.entries[0]).toEqual({
    id: state?.entries[0]?.id,
    amount: 60,
    balance_after: 1830,
    kind: 'payment',
    reason: 'Payment',
    test: false,
    message_id: matching(/^[0-9a-f-]{36}$/),
    reverses: null,
    reversed_by: null,
    created_at: matching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  });
  const next = await readAccount(database, id, { entries: 5, before: state?.entries.at(-1)?.id ?? 0 });
  expect(next?.entries.map((entry) => entry.amount)).toEqual([10, 9, 8, 7, 6]);
  expect(await accountState(database, 999_999)).toBeNull();
});
