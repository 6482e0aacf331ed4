// /api/v1/problems

import { actorText } from '#lib/server/auth/audit.ts';
import { findProblem, listProblems, resolveProblem } from '#lib/server/problems/problem.ts';
import { operation, takesNothing } from '../operation.ts';
import { conflict, notFound, ok } from '../reply.ts';
import { byId } from '../schemas/fields.ts';
import { problemOut, problemPageOut, problemQuery } from '../schemas/problem.ts';

const tag = 'problem';

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/problems', tag, permission: 'read' },
  summary: 'List problems',
  description: 'Newest first. Repeated failures of a destination or a source are one problem.',
  query: problemQuery,
  replies: { 200: { description: 'Problems', schema: problemPageOut } },
  async handle({ parts, query: { status, cursor, limit } }) {
    const found = await listProblems(parts.database, { status, before: cursor, limit: limit + 1 });
    const data = found.slice(0, limit);
    return ok({ data, next_cursor: found.length > limit ? String(data.at(-1)?.id) : null });
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/problems/{id}', tag, permission: 'read' },
  summary: 'Read a problem',
  params: byId,
  replies: { 200: { description: 'The problem', schema: problemOut } },
  async handle({ parts, params }) {
    const problem = await findProblem(parts.database, params.id);
    return problem === null ? notFound(`problem ${params.id}`) : ok(problem);
  }
});

export const resolve = operation({
  ...{ ...takesNothing, method: 'POST', path: '/problems/{id}/resolve', tag, permission: 'redeliver' },
  summary: 'Resolve a problem by hand',
  description: 'What fails from then on is a new problem. 409 when it was resolved before.',
  params: byId,
  replies: { 200: { description: 'The problem, resolved', schema: problemOut } },
  async handle({ parts, params: { id }, principal, audit }) {
    const by = actorText(principal ?? 'system');
    const isDone = await resolveProblem(parts.database, id, { by, now: parts.clock.now() });
    const problem = await findProblem(parts.database, id);
    if (problem === null) return notFound(`problem ${id}`);
    if (!isDone) return conflict(`Problem ${id} was resolved before, by ${problem.resolved_by ?? 'itself'}.`);
    const { kind, subject } = problem;
    await audit({ action: 'problem.resolved', subject: `problem ${id}`, detail: { kind, of: subject.name } });
    return ok(problem);
  }
});
