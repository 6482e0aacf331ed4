// General settings: how this instance is, how long it keeps messages, what each browser prefers.

import { error, fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows, type Principal } from '#lib/server/auth/principal.ts';
import { listPruneRuns } from '#lib/server/jobs/prune.ts';
import { readAlertSettings, writeAlertDestination } from '#lib/server/problems/alert-settings.ts';
import { listDestinations } from '#lib/server/routing/destinations.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import { SHORTCUTS_COOKIE } from '#lib/ui/shortcuts.ts';
import type { Actions, PageServerLoad } from './$types';

const SHOWN_RUNS = 10;
const YEAR_SECONDS = 31_536_000;

const alertFields = v.object({
  destination: v.union([
    v.pipe(
      v.literal(''),
      v.transform(() => null)
    ),
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'Choose a destination.'), v.transform(Number))
  ])
});

/** Where alerts go and may go; null: not for them to see. */
async function alertsFor(principal: Principal | null) {
  if (!allows(principal, 'manage')) return null;
  const { database } = app();
  const [settings, destinations] = await Promise.all([readAlertSettings(database), listDestinations(database)]);
  const possible = destinations.filter(({ kind }) => kind === 'http').map(({ id, name }) => ({ id, name }));
  return { ...settings, destinations: possible };
}

export const load: PageServerLoad = async ({ locals }) => {
  const { config, database, health } = app();
  const [runs, checks, alerts] = await Promise.all([
    listPruneRuns(database.web, SHOWN_RUNS),
    health.readiness(),
    alertsFor(locals.principal)
  ]);
  return {
    retentionDays: config.retentionDays,
    maxBodyBytes: config.maxBodyBytes,
    databaseKind: config.databaseUrl === null ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL',
    checks,
    alerts,
    runs: runs.map((run) => ({
      id: run.id,
      startedAt: run.started_at.toISOString(),
      outcome: run.outcome,
      dropped: run.detail.dropped ?? [],
      waiting: run.detail.waiting ?? [],
      kept: run.detail.kept ?? 0,
      removed: run.detail.removed_by_source_retention ?? 0
    }))
  };
};

export const actions: Actions = {
  alerts: async ({ locals, request }) => {
    const { principal } = locals;
    if (principal === null || !allows(principal, 'manage')) error(403, 'Only admins and owners may change alerts.');
    const data = await request.formData();
    const { output, problem } = parseForm('alerts', alertFields, data);
    if (problem) return fail(400, { problem });
    const { destination } = output;
    const { database } = app();
    if (!(await writeAlertDestination(database, destination))) {
      const errors = { destination: 'This destination does not exist any more.' };
      return fail(404, { problem: formProblem('alerts', data, { errors }) });
    }
    await audit(database, {
      ...{ actor: principal, action: 'settings.updated', subject: 'settings alerts', detail: { destination } }
    });
    return { done: destination === null ? 'No alerts are sent.' : 'Alerts are sent there from now on.' };
  },

  shortcuts: async ({ cookies, request, url }) => {
    const data = await request.formData();
    cookies.set(SHORTCUTS_COOKIE, data.has('shortcuts') ? 'on' : 'off', {
      path: '/',
      maxAge: YEAR_SECONDS,
      httpOnly: false,
      sameSite: 'lax',
      secure: url.protocol === 'https:'
    });
    return {
      done: data.has('shortcuts') ? 'Single keys are on in this browser.' : 'Single keys are off in this browser.'
    };
  }
};
