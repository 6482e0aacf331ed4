// /api/v1/connections

import { createJob } from '#lib/server/bulk/create.ts';
import {
  createConnection,
  deleteConnection,
  findConnection,
  listConnections,
  updateConnection,
  type ConnectionWrite
} from '#lib/server/routing/connections.ts';
import { findSource } from '#lib/server/routing/sources.ts';
import { tryFilter } from '#lib/server/filter-trial.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import { conflict, created, deleted, notFound, ok, type Reply } from '../reply.ts';
import {
  connectionChange,
  connectionOut,
  createdConnectionOut,
  filterTrial,
  filterTrialOut,
  newConnection
} from '../schemas/connection.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'connection';

function refused(
  write: Exclude<ConnectionWrite, { outcome: 'saved' }>,
  { source, destination }: { source: string; destination: number }
): Reply {
  switch (write.outcome) {
    case 'unknown_source':
      return notFound(`source "${source}"`);
    case 'unknown_destination':
      return notFound(`destination ${destination}`);
    case 'already_connected':
      return conflict(
        `Connection ${write.id} leads from ${source} to destination ${destination} already: change that.`
      );
  }
}

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/connections', tag, permission: 'read' },
  summary: 'List connections',
  query: pageQuery,
  replies: { 200: { description: 'Connections, oldest first', schema: listOf(connectionOut) } },
  handle: async ({ parts, query }) => ok(pageOf(await listConnections(parts.database), query))
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/connections', tag, permission: 'manage' },
  summary: 'Connect a source to a destination',
  description: 'For messages from now on; with backfill, for earlier ones too.',
  body: newConnection,
  replies: { 201: { description: 'The connection', schema: createdConnectionOut } },
  async handle({ parts, principal, body, audit }) {
    const write = await createConnection(parts.database, body);
    if (write.outcome !== 'saved') return refused(write, body);
    await parts.routing.refresh();
    const { id, source, destination } = write.connection;
    const detail = { source: source.slug, destination: destination.name };
    await audit({ action: 'connection.created', subject: `connection ${id}`, detail });
    if (body.backfill === undefined) return created(write.connection);
    const filter = { source: source.slug, since: body.backfill.since };
    const job = { kind: 'backfill', filter, destinationId: destination.id, dryRun: false } as const;
    const made = await createJob(parts, job, principal ?? 'system');
    // Refused only where somebody else disconnects or deletes meanwhile.
    return 'refused' in made ? conflict(made.message) : created({ ...write.connection, backfill_job: made.id });
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/connections/{id}', tag, permission: 'read' },
  summary: 'Read a connection',
  params: byId,
  replies: { 200: { description: 'The connection', schema: connectionOut } },
  async handle({ parts, params }) {
    const connection = await findConnection(parts.database, params.id);
    return connection === null ? notFound(`connection ${params.id}`) : ok(connection);
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/connections/{id}', tag, permission: 'manage' },
  summary: 'Change the filter of a connection',
  params: byId,
  body: connectionChange,
  replies: { 200: { description: 'The connection', schema: connectionOut } },
  async handle({ parts, params, body, audit }) {
    const connection = await updateConnection(parts.database, params.id, body.filter);
    if (connection === null) return notFound(`connection ${params.id}`);
    await parts.routing.refresh();
    const detail = {
      event_types: body.filter?.event_types ?? null,
      conditions: body.filter?.conditions?.map((one) => JSON.stringify(one)) ?? null
    };
    await audit({ action: 'connection.updated', subject: `connection ${params.id}`, detail });
    return ok(connection);
  }
});

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/connections/{id}', tag, permission: 'manage' },
  summary: 'Disconnect',
  description: 'Deliveries that were made go on.',
  params: byId,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    if (!(await deleteConnection(parts.database, params.id))) return notFound(`connection ${params.id}`);
    await parts.routing.refresh();
    await audit({ action: 'connection.deleted', subject: `connection ${params.id}` });
    return deleted;
  }
});

export const preview = operation({
  ...{ ...takesNothing, method: 'POST', path: '/connections/preview', tag, permission: 'manage' },
  summary: 'Try a filter on the newest messages of a source',
  description: 'Changes nothing. Says how many would have passed.',
  body: filterTrial,
  replies: { 200: { description: 'What would have passed', schema: filterTrialOut } },
  async handle({ parts, body }) {
    const source = await findSource(parts.database, body.source);
    return source === null ? notFound(`source "${body.source}"`) : ok(await tryFilter(parts, source.id, body.filter));
  }
});
