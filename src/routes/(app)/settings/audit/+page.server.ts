// The audit log, newest first, by keyset.

import { error } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { listAudit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import type { PageServerLoad } from './$types';

const PAGE_LINES = 50;

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!allows(locals.principal, 'manage')) error(403, 'The audit log is for admins and owners.');
  const before = url.searchParams.get('before');
  const isPage = before !== null && /^[1-9]\d{0,15}$/.test(before);
  const lines = await listAudit(app().database, {
    limit: PAGE_LINES + 1,
    ...(isPage ? { before: Number(before) } : {})
  });
  const shown = lines.slice(0, PAGE_LINES);
  return {
    lines: shown.map((line) => ({ ...line, at: line.at.toISOString(), detail: detailText(line.detail) })),
    isFirst: !isPage,
    older: lines.length > PAGE_LINES ? (shown.at(-1)?.id ?? null) : null
  };
};

function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}
