// One account with a page of its lines, for staff.

import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import type { LedgerEntry } from '#lib/inbox/types.ts';
import { app } from '#lib/server/app.ts';
import { deleteAccount, findAccount } from '#lib/server/accounts/accounts.ts';
import { makersOf, readAccount } from '#lib/server/accounts/state.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { undoEntry } from '#lib/server/undo.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
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
  const before = wholeNumber(url.searchParams.get('before'));
  const [account, page, record] = await Promise.all([
    readAccount(database, id, { entries: PAGE_LINES + 1 }),
    before === null ? null : readAccount(database, id, { entries: PAGE_LINES + 1, before }),
    findAccount(database, id)
  ]);
  if (!account || !record) error(404, `There is no account ${id}.`);
  const newest = account.entries.slice(0, PAGE_LINES);
  const older = page?.entries.slice(0, PAGE_LINES) ?? null;
  const lines = older ?? newest;
  const asked = wholeNumber(url.searchParams.get('reverse'));
  return {
    account: { ...account, entries: newest },
    record,
    asOf: new Date().toISOString(),
    older,
    olderBefore: lastOfFullPage((page ?? account).entries),
    makers: await makersOf(
      database,
      [...newest, ...lines].map((line) => line.id)
    ),
    /** The line about which it is asked whether to reverse it. */
    asked: lines.find((line) => line.id === asked) ?? null
  };
};

/** An id in the query; null for what is none. */
function wholeNumber(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

const reversal = v.object({
  entry: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/, 'This is not the id of a line.'), v.transform(Number)),
  reason: v.pipe(
    v.string(),
    v.nonEmpty('A reason is needed: it stands on the new line, for good.'),
    v.maxLength(200, 'At most 200 characters are taken.')
  )
});

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
  },

  reverse: async ({ locals, params, request, url }) => {
    if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may reverse lines.');
    const id = accountId(params.id);
    const data = await request.formData();
    const { output, problem } = parseForm('reverse', reversal, data);
    if (problem) return fail(400, problem);
    const { entry: entryId, reason } = output;
    const result = await undoEntry(app(), locals.principal ?? 'system', { accountId: id, entryId, reason });
    if (result.outcome === 'unknown') error(404, `There is no line ${entryId} on account ${id}.`);
    if (result.outcome === 'refused') return fail(409, formProblem('reverse', data, { message: result.message }));
    const before = wholeNumber(url.searchParams.get('before'));
    redirect(303, `/accounts/${id}${before === null ? '' : `?before=${before}`}#line-${entryId}`);
  }
};
