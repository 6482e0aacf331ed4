// Jobs: what there is, and what other pages make here. A job made on a page waits, counted, for the question there.

import { error, fail, redirect } from '@sveltejs/kit';
import { setTimeout as delay } from 'node:timers/promises';
import { readInboxQuery } from '#lib/inbox/inbox-query.ts';
import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { createJob, type NewJob } from '#lib/server/bulk/create.ts';
import { permissionFor } from '#lib/server/bulk/permission.ts';
import { listJobs, readJob } from '#lib/server/bulk/read.ts';
import { isUuid } from '#lib/server/log/read-ids.ts';
import { findConnection } from '#lib/server/routing/connections.ts';
import type { Actions, PageServerLoad } from './$types';

const PAGE_JOBS = 50;
const DAY_MS = 86_400_000;
/** A small job is counted by then, and the next page has its numbers at once. */
const COUNTED_WITHIN_MS = 1500;
const LOOK_EVERY_MS = 50;

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!allows(locals.principal, 'read')) error(403, 'Your role does not read jobs.');
  const before = url.searchParams.get('before') ?? '';
  const isPage = /^[1-9]\d{0,8}$/.test(before);
  const page = await listJobs(app().database, { before: isPage ? Number(before) : null, limit: PAGE_JOBS });
  return { jobs: page.data, older: page.next_cursor, isFirst: !isPage };
};

function mayMake(kind: NewJob['kind'], { principal }: App.Locals): void {
  if (allows(principal, permissionFor(kind))) return;
  error(403, kind === 'redeliver' ? 'Only members, admins and owners re-deliver.' : 'Only admins and owners do that.');
}

/** Makes it and leads to its page, which asks before anything is sent. */
async function ask(job: Omit<NewJob, 'dryRun'>, { principal }: App.Locals) {
  const made = await createJob(app(), { ...job, dryRun: true }, principal ?? 'system');
  if ('refused' in made) return fail(409, { refused: made.message });
  const deadline = performance.now() + COUNTED_WITHIN_MS;
  while (performance.now() < deadline) {
    if ((await readJob(app().database, made.id))?.state !== 'preparing') break;
    await delay(LOOK_EVERY_MS);
  }
  redirect(303, `/jobs/${made.id}`);
}

export const actions: Actions = {
  redeliver: async ({ locals, request }) => {
    mayMake('redeliver', locals);
    const data = await request.formData();
    const all = data.get('all');
    if (typeof all !== 'string') {
      const selection = data.getAll('id').filter((id) => typeof id === 'string' && isUuid(id));
      return ask({ kind: 'redeliver', selection: selection.map(String) }, locals);
    }
    const { filter, until, problems } = readInboxQuery(new URLSearchParams(all), Date.now());
    if (problems.length > 0) return fail(400, { refused: problems.join(' ') });
    return ask({ kind: 'redeliver', filter: { ...filter, ...(until === null ? {} : { until }) } }, locals);
  },

  backfill: async ({ locals, request }) => {
    mayMake('backfill', locals);
    const data = await request.formData();
    const connection = await findConnection(app().database, wholeNumber(data.get('connection')));
    if (!connection) return fail(404, { refused: 'This connection does not exist any more.' });
    const since = new Date(Date.now() - Math.max(1, wholeNumber(data.get('days'))) * DAY_MS).toISOString();
    const filter = { source: connection.source.slug, since };
    return ask({ kind: 'backfill', filter, destinationId: connection.destination.id }, locals);
  },

  reverify: async ({ locals, request }) => {
    mayMake('reverify', locals);
    const source = (await request.formData()).get('source');
    return ask({ kind: 'reverify', filter: { source: typeof source === 'string' ? source : '' } }, locals);
  }
};

function wholeNumber(text: FormDataEntryValue | null): number {
  return typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
}
