// Signing in, and back to where one wanted to go: only ever a page of ours.

import { fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import { safePath } from '#lib/ui/safe-path.ts';
import type { Actions, PageServerLoad } from './$types';

const fields = v.object({
  email: v.pipe(v.string(), v.nonEmpty('Type your email address.')),
  password: v.pipe(v.string(), v.nonEmpty('Type your password.')),
  to: v.optional(v.string())
});

export const load: PageServerLoad = async ({ locals, url }) => {
  const to = safePath(url.searchParams.get('to'), '/');
  if (locals.principal) redirect(303, to);
  if (!(await app().auth.setup.hasOwner())) redirect(303, '/setup');
  return { to };
};

export const actions: Actions = {
  default: async ({ cookies, getClientAddress, locals, platform, request }) => {
    const data = await request.formData();
    const { output, problem } = parseForm('login', fields, data);
    if (problem) return fail(400, problem);
    const { addresses, auth } = app();
    const remoteIp = platform ? addresses.remoteIp(platform.req) : getClientAddress();
    const result = await auth.login({ email: output.email, password: output.password, remoteIp });
    if (!result.ok) return refused(result, data);
    // Whoever was signed in here before is signed out.
    if (locals.principal) await auth.logout(locals.principal);
    const { name, value, options } = auth.cookie.issue(result.session.cookieValue, result.session.absoluteExpiresAt);
    cookies.set(name, value, options);
    redirect(303, safePath(output.to, '/'));
  }
};

type Refused = { reason: 'wrong' } | { reason: 'limited'; retryAfterSeconds: number };

/** The same words whether the user is there or not. */
function refused(result: Refused, data: FormData) {
  if (result.reason === 'wrong')
    return fail(400, formProblem('login', data, { message: 'Email or password is wrong.' }));
  const message = `Too many attempts. Try again in ${result.retryAfterSeconds} seconds.`;
  return fail(429, formProblem('login', data, { message }));
}
