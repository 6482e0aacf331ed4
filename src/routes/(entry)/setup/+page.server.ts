// The first owner, made by whoever has the one-time token that is printed at start.

import { fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { MIN_PASSWORD_LENGTH } from '#lib/server/auth/passwords.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const fields = v.object({
  token: v.pipe(v.string(), v.nonEmpty('Paste the token that Holdfast printed when it started.')),
  email: v.pipe(v.string(), v.nonEmpty('Type your email address.')),
  password: v.pipe(v.string(), v.nonEmpty('Choose a password.'))
});

export const load: PageServerLoad = async ({ url }) => {
  const { setup } = app().auth;
  if (await setup.hasOwner()) redirect(303, '/login');
  const given = url.searchParams.get('token') ?? '';
  const isGood = given !== '' && (await setup.isToken(given));
  return { token: isGood ? given : '', isWrong: given !== '' && !isGood, minLength: MIN_PASSWORD_LENGTH };
};

export const actions: Actions = {
  default: async ({ cookies, request }) => {
    const data = await request.formData();
    const { output, problem } = parseForm('setup', fields, data);
    if (problem) return fail(400, problem);
    const { auth, database } = app();
    const result = await auth.setup.complete(output);
    if (!result.ok) return fail(400, formProblem('setup', data, { errors: { [result.field]: result.problem } }));
    const detail = { email: output.email };
    await audit(database, { actor: 'link', action: 'setup.completed', subject: `user ${result.userId}`, detail });
    const session = await auth.signIn(result.userId);
    const { name, value, options } = auth.cookie.issue(session.cookieValue, session.absoluteExpiresAt);
    cookies.set(name, value, options);
    redirect(303, '/sources/new');
  }
};
