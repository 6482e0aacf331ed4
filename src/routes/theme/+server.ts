// Sets the theme cookie for pages without JavaScript, then goes back to where one was.

import { redirect } from '@sveltejs/kit';
import { safePath } from '#lib/ui/safe-path.ts';
import { parseTheme, THEME_COOKIE } from '#lib/ui/theme.ts';
import type { RequestHandler } from './$types';

const YEAR_SECONDS = 31_536_000;

export const POST: RequestHandler = async ({ cookies, request, url }) => {
  const data = await request.formData();
  const theme = data.get('theme');
  cookies.set(THEME_COOKIE, parseTheme(typeof theme === 'string' ? theme : null), {
    path: '/',
    maxAge: YEAR_SECONDS,
    httpOnly: false,
    sameSite: 'lax',
    secure: url.protocol === 'https:'
  });
  redirect(303, safePath(data.get('back'), '/'));
};
