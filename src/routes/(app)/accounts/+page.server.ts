// The accounts, and making one.

import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { createAccount, listAccounts } from '#lib/server/accounts/accounts.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const optional = <Schema extends v.GenericSchema<string, string>>(schema: Schema) =>
  v.union([
    v.pipe(
      v.literal(''),
      v.transform(() => null)
    ),
    schema
  ]);

const newAccount = v.object({
  name: v.pipe(
    v.string(),
    v.nonEmpty('An account needs a name.'),
    v.maxLength(200, 'At most 200 characters are taken.')
  ),
  currency: v.pipe(v.string(), v.regex(/^[a-z]{3}$/i, 'Three letters are needed, such as usd.')),
  owner_email: optional(v.pipe(v.string(), v.email('This is not an email address.'))),
  stripe_customer: optional(v.pipe(v.string(), v.regex(/^cus_\w+$/, 'A Stripe customer id begins with cus_.')))
});

export const load: PageServerLoad = async () => ({ accounts: await listAccounts(app().database) });

export const actions: Actions = {
  create: async ({ locals, request }) => {
    if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may make accounts.');
    const data = await request.formData();
    const { output, problem } = parseForm('create', newAccount, data);
    if (problem) return fail(400, problem);
    const { database } = app();
    const written = await createAccount(database, {
      name: output.name,
      currency: output.currency,
      ownerEmail: output.owner_email,
      stripeCustomer: output.stripe_customer
    });
    if (written.outcome !== 'saved') {
      const taken = written.outcome === 'stripe_customer_taken' ? `Account ${written.accountId}` : 'Another account';
      return fail(
        409,
        formProblem('create', data, { errors: { stripe_customer: `${taken} has this customer already.` } })
      );
    }
    const { id, name, currency } = written.account;
    await audit(database, {
      actor: locals.principal ?? 'system',
      action: 'account.created',
      subject: `account ${id}`,
      detail: { name, currency }
    });
    redirect(303, `/accounts/${id}`);
  }
};
