// /api/v1/jobs

import { allows } from '#lib/server/auth/principal.ts';
import { createJob } from '#lib/server/bulk/create.ts';
import { permissionFor } from '#lib/server/bulk/permission.ts';
import { listItems, listJobs, readJob } from '#lib/server/bulk/read.ts';
import { steerJob, type JobAction } from '#lib/server/bulk/steer.ts';
import type { JobKind } from '#lib/inbox/jobs.ts';
import { operation, takesNothing, type Call } from '../operation.ts';
import { pageQuery } from '../page.ts';
import { accepted, conflict, notFound, ok, problem, type Reply } from '../reply.ts';
import { byId, errorOut, listOf } from '../schemas/fields.ts';
import { itemOut, itemQuery, jobOut, newJob } from '../schemas/job.ts';

const tag = 'job';

const STATUS_OF_REFUSAL = {
  ...{ unknown_source: 404, unknown_destination: 404, nothing_chosen: 400 },
  ...{ not_connected: 409, under_way: 409 }
};

function forbidden(kind: JobKind, { principal }: Pick<Call<unknown, unknown, unknown>, 'principal'>): Reply | null {
  const permission = permissionFor(kind);
  if (allows(principal, permission)) return null;
  const role = principal?.role ?? 'nobody';
  return problem(403, 'forbidden', `The role "${role}" has not the permission "${permission}" that ${kind} needs.`);
}

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/jobs', tag, permission: 'redeliver' },
  summary: 'Deliver or verify many messages again',
  description:
    'Covers messages received before it was made, a few at a time. `backfill` and `reverify` need the permission manage.',
  body: newJob,
  replies: { 202: { description: 'The job, being prepared', schema: jobOut } },
  async handle({ parts, principal, body }) {
    const refused = forbidden(body.kind, { principal });
    if (refused) return refused;
    const { kind, selection, filter, destination: destinationId, dry_run: dryRun } = body;
    const made = await createJob(parts, { kind, selection, filter, destinationId, dryRun }, principal ?? 'system');
    if ('refused' in made) return problem(STATUS_OF_REFUSAL[made.refused], made.refused, made.message);
    return accepted(made);
  }
});

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/jobs', tag, permission: 'read' },
  summary: 'List jobs',
  query: pageQuery,
  replies: { 200: { description: 'Jobs, newest first', schema: listOf(jobOut) } },
  handle: async ({ parts, query }) =>
    ok(await listJobs(parts.database, { before: query.cursor ?? null, limit: query.limit }))
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/jobs/{id}', tag, permission: 'read' },
  summary: 'Read a job: its preview, its progress, its results',
  params: byId,
  replies: { 200: { description: 'The job', schema: jobOut } },
  async handle({ parts, params }) {
    const job = await readJob(parts.database, params.id);
    return job === null ? notFound(`job ${params.id}`) : ok(job);
  }
});

export const items = operation({
  ...{ ...takesNothing, method: 'GET', path: '/jobs/{id}/items', tag, permission: 'read' },
  summary: 'List what became of each message of a job',
  params: byId,
  query: itemQuery,
  replies: { 200: { description: 'Items, in the order of receipt', schema: listOf(itemOut) } },
  async handle({ parts, params, query }) {
    if ((await readJob(parts.database, params.id)) === null) return notFound(`job ${params.id}`);
    return ok(await listItems(parts.database, params.id, query));
  }
});

function steering(action: JobAction, { summary, description }: { summary: string; description: string }) {
  return operation({
    ...{ ...takesNothing, method: 'POST', path: `/jobs/{id}/${action}`, tag, permission: 'redeliver' },
    ...{ summary, description },
    params: byId,
    replies: {
      200: { description: 'The job', schema: jobOut },
      409: { description: 'Its state does not allow it', schema: errorOut }
    },
    async handle({ parts, principal, params }) {
      const job = await readJob(parts.database, params.id);
      if (job === null) return notFound(`job ${params.id}`);
      const refused = forbidden(job.kind, { principal });
      if (refused) return refused;
      const steered = await steerJob(parts, { id: params.id, action }, principal ?? 'system');
      if ('refused' in steered) return conflict(steered.message);
      return ok(await readJob(parts.database, params.id));
    }
  });
}

export const start = steering('start', {
  summary: 'Start a job that was made with dry_run',
  description: 'Once it is `ready`.'
});
export const pause = steering('pause', {
  summary: 'Pause a job',
  description: 'What is on its way goes on; nothing more is sent.'
});
export const resume = steering('resume', {
  summary: 'Resume a paused job',
  description: 'It goes on where it stopped.'
});
export const cancel = steering('cancel', {
  summary: 'Cancel a job',
  description: 'What is on its way goes on, and is waited for while the job is `cancelling`.'
});
