// Problems: what fails again and again, open ones first, and what became of the others.

import { error, fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { actorText, audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { loadSummaries } from '#lib/server/log/summaries.ts';
import { readAlertDestination } from '#lib/server/problems/alert-settings.ts';
import { findProblem, listProblems, resolveProblem, type ProblemRecord } from '#lib/server/problems/problem.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const OPEN_SHOWN = 100;
const RESOLVED_SHOWN = 50;
const MESSAGES_SHOWN = 5;

const resolveFields = v.object({ id: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/), v.transform(Number)) });

export const load: PageServerLoad = async ({ depends }) => {
  depends('holdfast:problems');
  const { database } = app();
  const [open, resolved, alertDestination] = await Promise.all([
    listProblems(database, { status: 'open', limit: OPEN_SHOWN }),
    listProblems(database, { status: 'resolved', limit: RESOLVED_SHOWN }),
    readAlertDestination(database)
  ]);
  const shown = open.flatMap(({ message_ids: ids }) => ids.slice(0, MESSAGES_SHOWN));
  const messages = new Map((await loadSummaries(database, shown)).map((message) => [message.id, message]));
  const withMessages = (problem: ProblemRecord) => ({
    ...problem,
    // What was erased or is past its retention is left out.
    messages: problem.message_ids.slice(0, MESSAGES_SHOWN).flatMap((id) => {
      const message = messages.get(id);
      return message ? [{ id, type: message.event_type, receivedAt: message.received_at }] : [];
    })
  });
  return { open: open.map(withMessages), resolved, alertDestination };
};

export const actions: Actions = {
  resolve: async ({ locals, request }) => {
    const { principal } = locals;
    if (principal === null || !allows(principal, 'redeliver')) error(403, 'Viewers may not resolve problems.');
    const data = await request.formData();
    const { output, problem } = parseForm('resolve', resolveFields, data);
    if (problem) return fail(400, { problem });
    const { database, clock } = app();
    const { id } = output;
    const isDone = await resolveProblem(database, id, { by: actorText(principal), now: clock.now() });
    const found = await findProblem(database, id);
    if (!found) return fail(404, { problem: formProblem('resolve', data, { message: 'There is no such problem.' }) });
    if (!isDone) return { done: 'It was resolved before.' };
    const { kind, subject } = found;
    await audit(database, {
      ...{ actor: principal, action: 'problem.resolved', subject: `problem ${id}` },
      detail: { kind, of: subject.name }
    });
    return { done: `The problem with ${subject.name} is resolved. What fails from now on is a new one.` };
  }
};
