// One destination: how it is sent to, its secret, a test, its last deliveries.

import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { exchangeOf } from '#lib/inbox/exchange.ts';
import { app } from '#lib/server/app.ts';
import { actorText, audit, type Change } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { pauseDestination, resumeDestination } from '#lib/server/deliver/holding.ts';
import { skipDelivery, stuckHeads } from '#lib/server/deliver/waiting.ts';
import { deliveriesTo } from '#lib/server/log/deliveries-to.ts';
import { listConnections } from '#lib/server/routing/connections.ts';
import {
  endPreviousSecret,
  newSigningSecret,
  rotateDestinationSecret
} from '#lib/server/routing/destination-secrets.ts';
import {
  deleteDestination,
  findDestination,
  updateDestination,
  type DestinationRecord
} from '#lib/server/routing/destinations.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';
import { readName, readSettings, refusalOf } from './settings.ts';

const SHOWN_DELIVERIES = 10;
const HOUR_SECONDS = 3600;
const MAX_KEEP_HOURS = 720;

const delivery = v.object({ id: v.pipe(v.string(), v.uuid('There is no such delivery.')) });

const rotation = v.object({
  keep_hours: v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,3}$/.test(text) && Number(text) <= MAX_KEEP_HOURS,
      `A whole number of hours from 0 to ${MAX_KEEP_HOURS} is needed.`
    ),
    v.transform(Number)
  )
});

async function destinationOf(id: string): Promise<DestinationRecord> {
  const found = /^[1-9]\d{0,8}$/.test(id) ? await findDestination(app().database, Number(id)) : null;
  return found ?? error(404, `There is no destination ${id}.`);
}

export const load: PageServerLoad = async ({ params }) => {
  const destination = await destinationOf(params.id);
  const { database } = app();
  const [deliveries, stuck, connections] = await Promise.all([
    deliveriesTo(database, destination.id, SHOWN_DELIVERIES),
    destination.ordered ? stuckHeads(database.web, destination.id) : [],
    listConnections(database)
  ]);
  return {
    ...{ destination, deliveries, stuck },
    connections: connections.filter((connection) => connection.destination.id === destination.id)
  };
};

/** The destination, after asking whether one may change it. */
async function changeable({ locals, params }: RequestEvent): Promise<DestinationRecord> {
  if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may change destinations.');
  return destinationOf(params.id);
}

/** After a change: this node goes by it at once, and the audit log has it. */
async function changed({ locals, params }: RequestEvent, change: Omit<Change, 'actor' | 'subject'>): Promise<void> {
  const { database, routing } = app();
  await routing.refresh();
  await audit(database, { actor: locals.principal ?? 'system', subject: `destination ${params.id}`, ...change });
}

export const actions: Actions = {
  settings: async (event) => {
    const { id, kind } = await changeable(event);
    const data = await event.request.formData();
    const read = kind === 'handler' ? readName(data) : readSettings(data);
    if ('problem' in read) return fail(400, { problem: read.problem });
    const write = await updateDestination(app(), id, read.change);
    if (write.outcome === 'refused') return fail(400, { problem: refusalOf(data, write) });
    if (write.outcome === 'name_taken') {
      const errors = { name: `There is a destination "${write.name}" already.` };
      return fail(409, { problem: formProblem('settings', data, { errors }) });
    }
    await changed(event, { action: 'destination.updated', detail: { changed: Object.keys(read.change) } });
    return { done: 'The settings are saved. The next delivery goes by them.' };
  },

  rotate: async (event) => {
    const { id } = await changeable(event);
    const data = await event.request.formData();
    const { output, problem } = parseForm('rotate', rotation, data);
    if (problem) return fail(400, { problem });
    const secret = newSigningSecret();
    const keepSeconds = output.keep_hours * HOUR_SECONDS;
    if (!(await rotateDestinationSecret(app(), id, { secret, keepSeconds }))) error(409, 'A handler has no secret.');
    await changed(event, { action: 'destination.secret_rotated', detail: { keep_seconds: keepSeconds } });
    return { rotated: secret };
  },

  end: async (event) => {
    const { id } = await changeable(event);
    if (await endPreviousSecret(app().database, id)) await changed(event, { action: 'destination.secret_ended' });
    return { done: 'The former secret signs no more.' };
  },

  test: async (event) => {
    const { id } = await changeable(event);
    const tried = await app().sendTest(id);
    if (tried === null) error(409, 'A handler takes no test: preview a message of its provider instead.');
    await changed(event, { action: 'destination.tested' });
    const { durationMs, detail, response } = tried;
    return { tested: { durationMs, error: response.error, exchange: exchangeOf(detail, response.status) } };
  },

  pause: async (event) => {
    const { id } = await changeable(event);
    await pauseDestination(app().database, id, actorText(event.locals.principal ?? 'system'));
    await changed(event, { action: 'destination.paused' });
    return { done: 'It is paused: its deliveries wait, none is lost and none uses up its tries.' };
  },

  resume: async (event) => {
    const { id, state } = await changeable(event);
    await resumeDestination(app().database, id);
    await changed(event, { action: 'destination.resumed' });
    app().deliver.worker.nudge();
    return { done: state.status === 'held' ? 'One delivery is tried now.' : 'What waited goes now.' };
  },

  skip: async (event) => {
    const { principal } = event.locals;
    if (!allows(principal, 'redeliver')) error(403, 'Only members, admins and owners may skip a delivery.');
    const { output, problem } = parseForm('skip', delivery, await event.request.formData());
    if (problem) return fail(400, { problem });
    if (await skipDelivery(app().database.web, output.id, actorText(principal ?? 'system'))) {
      await audit(app().database, {
        ...{ actor: principal ?? 'system', action: 'delivery.skipped', subject: `delivery ${output.id}` }
      });
      app().deliver.worker.nudge();
    }
    return { done: 'It is given up as failed: what waited behind it goes on.' };
  },

  delete: async (event) => {
    const { id } = await changeable(event);
    const { outcome } = await deleteDestination(app().database, id);
    if (outcome === 'is_handler') error(409, 'A handler is a file of this program: it cannot be deleted here.');
    await changed(event, { action: 'destination.deleted' });
    redirect(303, '/destinations');
  }
};
