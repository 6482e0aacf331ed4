// One account with a page of its lines, for staff.

import { error, redirect } from '@sveltejs/kit';
import type { LedgerEntry } from '#lib/inbox/types.ts';
import { app } from '#lib/server/app.ts';
import { deleteAccount, findAccount } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import type { Actions, PageServerLoad } from './$types';

const PAGE_LINES = 50;

/** The id in the path as a number; 404 for anything that is none. */
function accountId(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) error(404, `There is no account "${text}".`);
  return Number(text);
}

export const load: PageServerLoad = async ({ params, url }) => {
  const { database } = app();
  const id = accountId(params.id);
  const [account, record] = await Promise.all([
    readAccount(database, id, { entries: PAGE_LINES + 1 }),
    findAccount(database, id)
  ]);
  if (!account || !record) error(404, `There is no account ${id}.`);
  const before = Number(url.searchParams.get('before')) || null;
  const page = before === null ? account : await readAccount(database, id, { entries: PAGE_LINES + 1, before });
  return {
    account: { ...account, entries: account.entries.slice(0, PAGE_LINES) },
    record,
    asOf: new Date().toISOString(),
    older: before === null ? null : (page?.entries.slice(0, PAGE_LINES) ?? []),
    olderBefore: lastOfFullPage(page?.entries ?? [])
  };
};

/** From where the next page goes on; null when there is none. */
function lastOfFullPage(entries: LedgerEntry[]): number | null {
  return entries.length > PAGE_LINES ? (entries[PAGE_LINES - 1]?.id ?? null) : null;
}

export const actions: Actions = {
  delete: async ({ locals, params }) => {
    if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may delete accounts.');
    const { database } = app();
    const id = accountId(params.id);
    const outcome = await deleteAccount(database, id);
    if (outcome === 'unknown') error(404, `There is no account ${id}.`);
    await audit(database, {
      actor: locals.principal ?? 'system',
      action: outcome === 'closed' ? 'account.closed' : 'account.deleted',
      subject: `account ${id}`
    });
    redirect(303, '/accounts');
  }
};
