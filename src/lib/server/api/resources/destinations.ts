// /api/v1/destinations

import { randomBytes } from 'node:crypto';
import {
  createDestination,
  deleteDestination,
  findDestination,
  listDestinations,
  updateDestination,
  type DestinationWrite
} from '#lib/server/routing/destinations.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { conflict, created, deleted, notFound, ok, type Reply } from '../reply.ts';
import { createdDestinationOut, destinationChange, destinationOut, newDestination } from '../schemas/destination.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'destination';
const SECRET_BYTES = 32;

const makeSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

function refused(write: Exclude<DestinationWrite, { outcome: 'saved' }>, id: number): Reply {
  switch (write.outcome) {
    case 'unknown':
      return notFound(`destination ${id}`);
    case 'name_taken':
      return conflict(`name is "${write.name}": another destination has it.`);
    case 'is_handler':
      return conflict(
        `Destination ${id} is the handler ${write.handler} of this program: only its name can be changed. Delete its connections to stop it.`
      );
  }
}

async function refresh(parts: ApiParts): Promise<void> {
  await parts.routing.refresh();
  parts.deliver.forgetDestinations();
}

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/destinations', tag, permission: 'read' },
  summary: 'List destinations',
  query: pageQuery,
  replies: { 200: { description: 'Destinations, oldest first', schema: listOf(destinationOut) } },
  handle: async ({ parts, query }) => ok(pageOf(await listDestinations(parts.database), query))
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/destinations', tag, permission: 'manage' },
  summary: 'Create an HTTP destination',
  description: 'Nothing is sent to it before a connection leads to it. Handlers are destinations by themselves.',
  body: newDestination,
  replies: { 201: { description: 'The destination', schema: createdDestinationOut } },
  async handle({ parts, body, audit }) {
    const secret = body.secret ?? makeSecret();
    const write = await createDestination(parts, { ...body, secret });
    if (write.outcome !== 'saved') return refused(write, 0);
    await refresh(parts);
    const { id, name, url } = write.destination;
    await audit({ action: 'destination.created', subject: `destination ${id}`, detail: { name, url } });
    return created(body.secret === undefined ? { ...write.destination, secret } : write.destination);
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/destinations/{id}', tag, permission: 'read' },
  summary: 'Read a destination',
  params: byId,
  replies: { 200: { description: 'The destination', schema: destinationOut } },
  async handle({ parts, params }) {
    const destination = await findDestination(parts.database, params.id);
    return destination === null ? notFound(`destination ${params.id}`) : ok(destination);
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/destinations/{id}', tag, permission: 'manage' },
  summary: 'Change a destination',
  description: 'What is not given stays; null as retry or rate goes back to the default.',
  params: byId,
  body: destinationChange,
  replies: { 200: { description: 'The destination', schema: destinationOut } },
  async handle({ parts, params, body, audit }) {
    const write = await updateDestination(parts, params.id, body);
    if (write.outcome !== 'saved') return refused(write, params.id);
    await refresh(parts);
    const detail = { changed: Object.keys(body) };
    await audit({ action: 'destination.updated', subject: `destination ${params.id}`, detail });
    return ok(write.destination);
  }
});

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/destinations/{id}', tag, permission: 'manage' },
  summary: 'Delete an HTTP destination',
  description: 'Its connections go with it; deliveries on their way to it fail.',
  params: byId,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    const write = await deleteDestination(parts.database, params.id);
    if (write.outcome !== 'deleted') return refused(write, params.id);
    await refresh(parts);
    await audit({ action: 'destination.deleted', subject: `destination ${params.id}` });
    return deleted;
  }
});
