// Signs out: the session ends in the database, not only in the browser.

import { redirect } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = async ({ cookies, locals }) => {
  const { auth } = app();
  if (locals.principal) await auth.logout(locals.principal);
  const { name, value, options } = auth.cookie.clear();
  cookies.set(name, value, options);
  redirect(303, '/login');
};
