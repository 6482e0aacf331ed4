// /api/v1/destinations

import {
  createDestination,
  deleteDestination,
  findDestination,
  listDestinations,
  updateDestination,
  type DestinationWrite
} from '#lib/server/routing/destinations.ts';
import {
  endPreviousSecret,
  newSigningSecret,
  rotateDestinationSecret
} from '#lib/server/routing/destination-secrets.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import { conflict, created, deleted, invalid, notFound, ok, type Reply } from '../reply.ts';
import {
  createdDestinationOut,
  destinationChange,
  destinationOut,
  newDestination,
  secretRotation,
  testSentOut
} from '../schemas/destination.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'destination';

function refused(write: Exclude<DestinationWrite, { outcome: 'saved' }>, id: number): Reply {
  switch (write.outcome) {
    case 'unknown':
      return notFound(`destination ${id}`);
    case 'refused':
      return invalid([`${write.field} ${write.problem}.`]);
    case 'name_taken':
      return conflict(`name is "${write.name}": another destination has it.`);
    case 'is_handler':
      return conflict(
        `Destination ${id} is the handler ${write.handler} of this program: only its name can be changed. Delete its connections to stop it.`
      );
  }
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
    const secret = body.secret ?? newSigningSecret();
    const write = await createDestination(parts, { ...body, secret });
    if (write.outcome !== 'saved') return refused(write, 0);
    await parts.routing.refresh();
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
    await parts.routing.refresh();
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
    await parts.routing.refresh();
    await audit({ action: 'destination.deleted', subject: `destination ${params.id}` });
    return deleted;
  }
});

export const rotateSecret = operation({
  ...{ ...takesNothing, method: 'POST', path: '/destinations/{id}/rotate-secret', tag, permission: 'manage' },
  summary: 'Give a destination a new signing secret',
  description:
    'Both secrets sign, side by side in one header, until the present one ends; a rotation within that time ends the oldest.',
  params: byId,
  body: secretRotation,
  replies: { 200: { description: 'The destination', schema: createdDestinationOut } },
  async handle({ parts, params, body, audit }) {
    const secret = body.secret ?? newSigningSecret();
    const rotated = await rotateDestinationSecret(parts, params.id, { secret, keepSeconds: body.keep_seconds });
    const destination = await findDestination(parts.database, params.id);
    if (destination === null) return notFound(`destination ${params.id}`);
    if (!rotated) return refused({ outcome: 'is_handler', handler: destination.handler ?? '' }, params.id);
    await parts.routing.refresh();
    const detail = { keep_seconds: body.keep_seconds };
    await audit({ action: 'destination.secret_rotated', subject: `destination ${params.id}`, detail });
    return ok(body.secret === undefined ? { ...destination, secret } : destination);
  }
});

export const endSecret = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/destinations/{id}/previous-secret', tag, permission: 'manage' },
  summary: 'End the secret before the present one at once',
  params: byId,
  replies: { 204: { description: 'It signs no more' } },
  async handle({ parts, params, audit }) {
    if (!(await endPreviousSecret(parts.database, params.id))) {
      return notFound(`previous secret of destination ${params.id}`);
    }
    await parts.routing.refresh();
    await audit({ action: 'destination.secret_ended', subject: `destination ${params.id}` });
    return deleted;
  }
});

export const sendTest = operation({
  ...{ ...takesNothing, method: 'POST', path: '/destinations/{id}/test', tag, permission: 'manage' },
  summary: 'Send a test to an HTTP destination',
  description:
    'One signed request, made and guarded like a delivery, with a body that says it is a test. It is shown here and kept nowhere: no message, no delivery, no attempt.',
  params: byId,
  replies: { 200: { description: 'What came of it', schema: testSentOut } },
  async handle({ parts, params, audit }) {
    const tried = await parts.sendTest(params.id);
    if (tried === null) {
      const destination = await findDestination(parts.database, params.id);
      if (destination === null) return notFound(`destination ${params.id}`);
      return conflict(`Destination ${params.id} is a handler: preview a message of its provider instead.`);
    }
    await audit({ action: 'destination.tested', subject: `destination ${params.id}` });
    const { durationMs, response, detail } = tried;
    const { outcome, status, error } = response;
    return ok({ outcome, status_code: status, error, duration_ms: durationMs, detail });
  }
});
