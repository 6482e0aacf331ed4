// Destinations and connections: what there is, making, changing and deleting them.

import { error, fail } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { audit, type Change } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { troubled } from '#lib/server/problems/problem.ts';
import { createConnection, deleteConnection, listConnections } from '#lib/server/routing/connections.ts';
import { createDestination, deleteDestination, listDestinations } from '#lib/server/routing/destinations.ts';
import { newSigningSecret } from '#lib/server/routing/destination-secrets.ts';
import { listSources } from '#lib/server/routing/sources.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';
import { connectionFields, destinationFields, idField } from './fields.ts';

export const load: PageServerLoad = async () => {
  const { database } = app();
  const [destinations, connections, sources, inTrouble] = await Promise.all([
    listDestinations(database),
    listConnections(database),
    listSources(database),
    troubled(database, 'destination')
  ]);
  return { destinations, connections, inTrouble, sources: sources.map(({ slug, name }) => ({ slug, name })) };
};

function mayChange({ principal }: App.Locals): void {
  if (!allows(principal, 'manage')) error(403, 'Only admins and owners may change destinations and connections.');
}

export const actions: Actions = {
  create: async ({ locals, request }) => {
    mayChange(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('create', destinationFields, data);
    if (problem) return fail(400, { problem });
    const secret = newSigningSecret();
    const written = await createDestination(app(), { ...output, secret });
    if (written.outcome !== 'saved') {
      return fail(409, {
        problem: formProblem('create', data, { errors: { name: `There is a destination "${output.name}" already.` } })
      });
    }
    const { id, name, url } = written.destination;
    await changed(locals, { action: 'destination.created', subject: `destination ${id}`, detail: { name, url } });
    return { created: { id, name, secret } };
  },

  delete: async ({ locals, request }) => {
    mayChange(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('delete', idField, data);
    if (problem) return fail(400, { problem });
    const { outcome } = await deleteDestination(app().database, output.id);
    if (outcome === 'is_handler') {
      return fail(409, {
        problem: formProblem('delete', data, {
          message: 'A handler is a file of this program: it cannot be deleted here.'
        })
      });
    }
    if (outcome === 'deleted')
      await changed(locals, { action: 'destination.deleted', subject: `destination ${output.id}` });
    return { done: 'The destination is deleted.' };
  },

  connect: async ({ locals, request }) => {
    mayChange(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('connect', connectionFields, data);
    if (problem) return fail(400, { problem });
    const filter = output.event_types.length === 0 ? null : { event_types: output.event_types };
    const written = await createConnection(app().database, { ...output, filter });
    if (written.outcome !== 'saved') {
      return fail(409, { problem: formProblem('connect', data, { errors: connectionErrors[written.outcome] }) });
    }
    const { id, source, destination } = written.connection;
    await changed(locals, {
      action: 'connection.created',
      subject: `connection ${id}`,
      detail: { source: source.slug, destination: destination.name }
    });
    return { done: `${source.name} is connected to ${destination.name}.` };
  },

  disconnect: async ({ locals, request }) => {
    mayChange(locals);
    const { output, problem } = parseForm('disconnect', idField, await request.formData());
    if (problem) return fail(400, { problem });
    if (await deleteConnection(app().database, output.id)) {
      await changed(locals, { action: 'connection.deleted', subject: `connection ${output.id}` });
    }
    return { done: 'The connection is removed. Deliveries that were made stay.' };
  }
};

const connectionErrors = {
  unknown_source: { source: 'This source does not exist any more.' },
  unknown_destination: { destination: 'This destination does not exist any more.' },
  already_connected: { destination: 'The source is connected to it already.' }
};

/** After a change: this node goes by it at once, and the audit log has it. */
async function changed(locals: App.Locals, change: Omit<Change, 'actor'>): Promise<void> {
  const { database, routing } = app();
  await routing.refresh();
  await audit(database, { actor: locals.principal ?? 'system', ...change });
}
