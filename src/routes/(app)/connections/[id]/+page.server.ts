// One connection: the filter that decides which messages go along it, tried on what came lately.

import { error, fail, redirect } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { suggestionsOf } from '#lib/server/filter-suggestions.ts';
import { tryFilter } from '#lib/server/filter-trial.ts';
import { findConnection, updateConnection } from '#lib/server/routing/connections.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';
import { formOf, readFilterForm } from './filter-form.ts';

async function connectionOf({ locals, params }: Pick<RequestEvent, 'locals' | 'params'>) {
  if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may change connections.');
  const id = /^[1-9]\d{0,8}$/.test(params.id) ? Number(params.id) : 0;
  const connection = await findConnection(app().database, id);
  if (connection === null) error(404, `There is no connection ${params.id}.`);
  return connection;
}

export const load: PageServerLoad = async (event) => {
  const connection = await connectionOf(event);
  const { source, filter } = connection;
  const [suggestions, trial] = await Promise.all([
    suggestionsOf(app(), source.id),
    tryFilter(app(), source.id, filter)
  ]);
  const asText = event.url.searchParams.get('as') === 'text';
  return { connection, suggestions, trial, filled: formOf(filter, asText) };
};

export const actions: Actions = {
  check: async (event) => {
    const { source } = await connectionOf(event);
    const { form, filter, problems } = readFilterForm(await event.request.formData());
    if (problems.length > 0) return fail(400, { filled: form, problems, trial: null });
    return { filled: form, problems, trial: await tryFilter(app(), source.id, filter) };
  },

  save: async (event) => {
    const { id } = await connectionOf(event);
    const { database, routing } = app();
    const { form, filter, problems } = readFilterForm(await event.request.formData());
    if (problems.length > 0) return fail(400, { filled: form, problems, trial: null });
    await updateConnection(database, id, filter);
    await routing.refresh();
    await audit(database, {
      actor: event.locals.principal ?? 'system',
      ...{ action: 'connection.updated', subject: `connection ${id}` },
      detail: {
        event_types: filter?.event_types ?? null,
        conditions: filter?.conditions?.map((one) => JSON.stringify(one)) ?? null
      }
    });
    redirect(303, '/destinations');
  }
};
