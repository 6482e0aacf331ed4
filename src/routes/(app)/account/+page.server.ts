// The account of whoever is signed in: found by their email address, never by an id from the request alone.

import { app } from '#lib/server/app.ts';
import { accountsOfOwner } from '#lib/server/accounts/accounts.ts';
import { readAccount } from '#lib/server/accounts/state.ts';
import type { PageServerLoad } from './$types';

const SHOWN_LINES = 50;

export const load: PageServerLoad = async ({ locals, url }) => {
  const { database } = app();
  const email = locals.principal?.kind === 'user' ? locals.principal.email : null;
  const owned = email === null ? [] : await accountsOfOwner(database, email);
  const chosen = owned.find((account) => String(account.id) === url.searchParams.get('id')) ?? owned[0];
  return {
    owned: owned.map(({ id, name }) => ({ id, name })),
    account: chosen ? await readAccount(database, chosen.id, { entries: SHOWN_LINES }) : null,
    asOf: new Date().toISOString()
  };
};
