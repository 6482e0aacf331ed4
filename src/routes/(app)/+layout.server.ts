// The frame of every page behind the login: who is signed in, what they may do, how the page is coloured.

import { parseShortcuts, SHORTCUTS_COOKIE } from '#lib/ui/shortcuts.ts';
import { parseTheme, THEME_COOKIE } from '#lib/ui/theme.ts';
import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { countOpenProblems } from '#lib/server/problems/problem.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ cookies, locals }) => {
  const principal = locals.principal;
  return {
    theme: parseTheme(cookies.get(THEME_COOKIE)),
    /** Single-key shortcuts. */
    shortcuts: parseShortcuts(cookies.get(SHORTCUTS_COOKIE)),
    role: principal?.role ?? null,
    openProblems: allows(principal, 'read') ? await countOpenProblems(app().database) : 0,
    email: principal?.kind === 'user' ? principal.email : null,
    may: {
      redeliver: allows(principal, 'redeliver'),
      manage: allows(principal, 'manage'),
      own: allows(principal, 'own')
    }
  };
};
