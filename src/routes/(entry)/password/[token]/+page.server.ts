// Choosing a password by a one-time link.

import { fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { MIN_PASSWORD_LENGTH } from '#lib/server/auth/passwords.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const GONE = 'This link was used, replaced or is older than 24 hours. Ask an owner for a new one.';

const fields = v.object({ password: v.pipe(v.string(), v.nonEmpty('Choose a password.')) });

export const load: PageServerLoad = async ({ params }) => {
  const owner = await app().auth.users.linkOwner(params.token);
  return { email: owner?.email ?? null, minLength: MIN_PASSWORD_LENGTH };
};

export const actions: Actions = {
  default: async ({ cookies, locals, params, request }) => {
    const data = await request.formData();
    const { output, problem } = parseForm('password', fields, data);
    if (problem) return fail(400, problem);
    const { auth, database } = app();
    const owner = await auth.users.linkOwner(params.token);
    if (owner === null) return fail(410, formProblem('password', data, { message: GONE }));
    const refused = await auth.users.useLink(params.token, output.password);
    if (refused !== null) return fail(400, formProblem('password', data, { errors: { password: refused } }));
    await audit(database, {
      actor: 'link',
      action: 'user.password_set',
      subject: `user ${owner.id}`,
      detail: { email: owner.email }
    });
    if (locals.principal) await auth.logout(locals.principal);
    const session = await auth.signIn(owner.id);
    const { name, value, options } = auth.cookie.issue(session.cookieValue, session.absoluteExpiresAt);
    cookies.set(name, value, options);
    redirect(303, '/');
  }
};
