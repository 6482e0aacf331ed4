// One job: the question before it starts, its progress, what became of each message.

import { error, fail } from '@sveltejs/kit';
import { isOver, JOB_RESULTS, VERDICTS } from '#lib/inbox/jobs.ts';
import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { permissionFor } from '#lib/server/bulk/permission.ts';
import { listItems, readJob } from '#lib/server/bulk/read.ts';
import { steerJob, type JobAction } from '#lib/server/bulk/steer.ts';
import type { Action, Actions, PageServerLoad, RequestEvent } from './$types';

const PAGE_ITEMS = 50;

function idOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) error(404, `There is no job ${text}.`);
  return Number(text);
}

export const load: PageServerLoad = async ({ depends, locals, params, url }) => {
  depends('holdfast:job');
  if (!allows(locals.principal, 'read')) error(403, 'Your role does not read jobs.');
  const { database } = app();
  const id = idOf(params.id);
  const job = await readJob(database, id);
  if (job === null) error(404, `There is no job ${params.id}. Jobs are kept as long as messages.`);
  const asked = url.searchParams.get('show');
  const result = JOB_RESULTS.find((one) => one === asked);
  const verdict = VERDICTS.find((one) => one === asked);
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const items = await listItems(database, id, { result, verdict, cursor, limit: PAGE_ITEMS });
  return {
    job,
    items: items.data,
    next: items.next_cursor,
    isFirst: cursor === undefined,
    shown: result ?? verdict ?? null,
    maySteer: !isOver(job.state) && allows(locals.principal, permissionFor(job.kind))
  };
};

function steering(action: JobAction): Action {
  return async ({ locals, params }: RequestEvent) => {
    if (!allows(locals.principal, 'redeliver')) error(403, 'Only members, admins and owners steer jobs.');
    const job = await readJob(app().database, idOf(params.id));
    if (job === null) error(404, `There is no job ${params.id}.`);
    if (!allows(locals.principal, permissionFor(job.kind))) error(403, 'Only admins and owners steer this job.');
    const steered = await steerJob(app(), { id: job.id, action }, locals.principal ?? 'system');
    if ('refused' in steered) return fail(409, { refused: steered.message });
    return { state: steered.state };
  };
}

export const actions: Actions = {
  start: steering('start'),
  pause: steering('pause'),
  resume: steering('resume'),
  cancel: steering('cancel')
};
