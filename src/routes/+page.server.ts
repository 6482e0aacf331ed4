// The address without a path leads to what whoever asks wants to see.

import { redirect } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  if (locals.principal) redirect(303, locals.principal.role === 'customer' ? '/account' : '/inbox');
  redirect(303, (await app().auth.setup.hasOwner()) ? '/login' : '/setup');
};
