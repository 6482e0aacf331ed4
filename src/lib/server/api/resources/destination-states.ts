// /api/v1/destinations/<id>/pause, /resume, /stuck: what a destination takes now.

import { stuckHeads } from '#lib/server/deliver/waiting.ts';
import { actorText } from '#lib/server/auth/audit.ts';
import { pauseDestination, resumeDestination } from '#lib/server/deliver/holding.ts';
import { readStates } from '#lib/server/routing/destination-states.ts';
import { findDestination } from '#lib/server/routing/destinations.ts';
import { operation, takesNothing } from '../operation.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, ok, type Reply } from '../reply.ts';
import { destinationOut, stuckOut } from '../schemas/destination.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'destination';

/** The destination as it is now, on this node too. */
async function changed({ database, routing }: ApiParts, id: number): Promise<Reply> {
  await routing.refresh();
  const destination = await findDestination(database, id);
  return destination === null ? notFound(`destination ${id}`) : ok(destination);
}

export const pause = operation({
  ...{ ...takesNothing, method: 'POST', path: '/destinations/{id}/pause', tag, permission: 'manage' },
  summary: 'Pause a destination',
  description: 'Its deliveries are held, none is lost and none uses up its tries. One that is paused already stays so.',
  params: byId,
  replies: { 200: { description: 'The destination', schema: destinationOut } },
  async handle({ parts, params, principal, audit }) {
    if (!(await pauseDestination(parts.database, params.id, actorText(principal ?? 'system'))))
      return notFound(`destination ${params.id}`);
    await audit({ action: 'destination.paused', subject: `destination ${params.id}` });
    return changed(parts, params.id);
  }
});

export const resume = operation({
  ...{ ...takesNothing, method: 'POST', path: '/destinations/{id}/resume', tag, permission: 'manage' },
  summary: 'Resume a destination',
  description:
    'What waits for a paused one goes at once. One that is held for its failures is tried at once with one delivery, and goes on when that succeeds.',
  params: byId,
  replies: { 200: { description: 'The destination', schema: destinationOut } },
  async handle({ parts, params, audit }) {
    if (!(await resumeDestination(parts.database, params.id))) return notFound(`destination ${params.id}`);
    await audit({ action: 'destination.resumed', subject: `destination ${params.id}` });
    const reply = await changed(parts, params.id);
    parts.deliver.worker.nudge();
    return reply;
  }
});

export const stuck = operation({
  ...{ ...takesNothing, method: 'GET', path: '/destinations/{id}/stuck', tag, permission: 'read' },
  summary: 'List the orders of a destination that do not go on',
  description: 'The first delivery of each, with what waits behind it. POST /deliveries/{id}/skip gives it up.',
  params: byId,
  replies: { 200: { description: 'The heads, the longest queue first', schema: listOf(stuckOut) } },
  async handle({ parts: { database }, params }) {
    const states = await readStates(database, [params.id]);
    if (!states.has(params.id)) return notFound(`destination ${params.id}`);
    return ok({ data: await stuckHeads(database.web, params.id), next_cursor: null });
  }
});
