// General settings: how this instance is, how long it keeps messages, what each browser prefers.

import { app } from '#lib/server/app.ts';
import { listPruneRuns } from '#lib/server/jobs/prune.ts';
import { SHORTCUTS_COOKIE } from '#lib/ui/shortcuts.ts';
import type { Actions, PageServerLoad } from './$types';

const SHOWN_RUNS = 10;
const YEAR_SECONDS = 31_536_000;

export const load: PageServerLoad = async () => {
  const { config, database, health } = app();
  const [runs, checks] = await Promise.all([listPruneRuns(database.web, SHOWN_RUNS), health.readiness()]);
  return {
    retentionDays: config.retentionDays,
    maxBodyBytes: config.maxBodyBytes,
    databaseKind: config.databaseUrl === null ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL',
    checks,
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
