// /api/v1/accounts

import {
  createAccount,
  deleteAccount,
  findAccount,
  listAccounts,
  updateAccount,
  type AccountWrite
} from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import { undoEntry } from '#lib/server/undo.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { conflict, created, deleted, notFound, ok, type Reply } from '../reply.ts';
import {
  accountChange,
  accountDetailOut,
  accountOut,
  entriesQuery,
  newAccount,
  newReversal,
  reversalOut
} from '../schemas/account.ts';
import { byEntryId, byId, listOf } from '../schemas/fields.ts';

const tag = 'account';

interface EntriesWanted {
  entries: number;
  before?: number;
}

async function detail({ database }: ApiParts, id: number, wanted: EntriesWanted) {
  const [record, state] = await Promise.all([findAccount(database, id), readAccount(database, id, wanted)]);
  if (record === null || state === null) return null;
  return { ...state, ...managed(record) };
}

/** The rest is the state's, so that balance and entries are of one moment. */
function managed({ owner_email, stripe_customer, created_at }: NonNullable<Awaited<ReturnType<typeof findAccount>>>) {
  return { owner_email, stripe_customer, created_at };
}

function refused(write: Exclude<AccountWrite, { outcome: 'saved' }>, id: number): Reply {
  if (write.outcome === 'unknown') return notFound(`account ${id}`);
  return conflict(
    `stripe_customer is taken: account ${write.accountId} has it, and payments need to know whom to credit.`
  );
}

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/accounts', tag, permission: 'read' },
  summary: 'List accounts',
  query: pageQuery,
  replies: { 200: { description: 'Accounts without their entries, oldest first', schema: listOf(accountOut) } },
  handle: async ({ parts, query }) => ok(pageOf(await listAccounts(parts.database), query))
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/accounts', tag, permission: 'manage' },
  summary: 'Create an account',
  body: newAccount,
  replies: { 201: { description: 'The account, with a balance of 0', schema: accountDetailOut } },
  async handle({ parts, body, audit }) {
    const { owner_email: ownerEmail, stripe_customer: stripeCustomer, ...rest } = body;
    const write = await createAccount(parts.database, { ...rest, ownerEmail, stripeCustomer });
    if (write.outcome !== 'saved') return refused(write, 0);
    const { id, name, currency } = write.account;
    await audit({ action: 'account.created', subject: `account ${id}`, detail: { name, currency } });
    return created({ ...write.account, entries: [] });
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/accounts/{id}', tag, permission: 'account' },
  summary: 'Read an account with its newest entries',
  params: byId,
  query: entriesQuery,
  replies: { 200: { description: 'The account', schema: accountDetailOut } },
  async handle({ parts, params, query: { limit, before } }) {
    const wanted = { entries: limit, ...(before === undefined ? {} : { before }) };
    const account = await detail(parts, params.id, wanted);
    return account === null ? notFound(`account ${params.id}`) : ok(account);
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/accounts/{id}', tag, permission: 'manage' },
  summary: 'Change an account',
  description: 'What is not given stays; null takes the owner or the Stripe customer away.',
  params: byId,
  body: accountChange,
  replies: { 200: { description: 'The account', schema: accountDetailOut } },
  async handle({ parts, params, body, audit }) {
    const write = await updateAccount(parts.database, params.id, {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.owner_email === undefined ? {} : { ownerEmail: body.owner_email }),
      ...(body.stripe_customer === undefined ? {} : { stripeCustomer: body.stripe_customer })
    });
    if (write.outcome !== 'saved') return refused(write, params.id);
    const changed = Object.keys(body);
    await audit({ action: 'account.updated', subject: `account ${params.id}`, detail: { changed } });
    return ok(await detail(parts, params.id, { entries: 50 }));
  }
});

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/accounts/{id}', tag, permission: 'manage' },
  summary: 'Delete an account',
  description: 'One that has entries is closed instead: shown nowhere, credited no more.',
  params: byId,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    const outcome = await deleteAccount(parts.database, params.id);
    if (outcome === 'unknown') return notFound(`account ${params.id}`);
    await audit({ action: `account.${outcome}`, subject: `account ${params.id}` });
    return deleted;
  }
});

export const reverse = operation({
  ...{ ...takesNothing, method: 'POST', path: '/accounts/{id}/entries/{entry_id}/reverse', tag, permission: 'manage' },
  summary: 'Reverse a payment by a compensating entry',
  description: 'Once, and only a payment without refunds and disputes. What comes later for it moves nothing.',
  params: byEntryId,
  body: newReversal,
  replies: { 201: { description: 'The compensating entry', schema: reversalOut } },
  async handle({ parts, params, body, principal }) {
    const { id: accountId, entry_id: entryId } = params;
    const result = await undoEntry(parts, principal ?? 'system', { accountId, entryId, reason: body.reason });
    if (result.outcome === 'unknown') return notFound(`entry ${entryId} on account ${accountId}`);
    if (result.outcome === 'refused') return conflict(result.message);
    const { entryId: id, amount, messageId } = result;
    return created({ id, reverses: entryId, amount, message_id: messageId });
  }
});
