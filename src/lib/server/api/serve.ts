// What the files under routes/api are made of. There is no other way to an operation, so that none forgets its check.

import { app } from '#lib/server/app.ts';
import { answer, toResponse, type ApiEvent } from './answer.ts';
import type { Operation } from './operation.ts';
import { problem } from './reply.ts';

type Handler = (event: ApiEvent) => Promise<Response>;

/** A route file's export for an operation; it carries the operation, so that a test can hold the file against it. */
export function route(operation: Operation): Handler & { operation: Operation } {
  return Object.assign((event: ApiEvent) => answer(operation, event, app()), { operation });
}

/** A route file's `fallback`: the answer to every method but those of its operations. */
export function otherMethods(...operations: Operation[]): Handler {
  return async (event) =>
    methodNotAllowed(
      event,
      operations.map((operation) => operation.method)
    );
}

/** The answer to a path that no route has. */
export const unknownPath: Handler = async ({ url }) =>
  toResponse(problem(404, 'not_found', `There is no ${url.pathname} here: see /api/v1/openapi.json.`));

function methodNotAllowed({ request, url }: ApiEvent, methods: readonly string[]): Response {
  const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  const message = `${url.pathname} does not take ${request.method}, only ${allow.join(', ')}.`;
  return toResponse(problem(405, 'method_not_allowed', message), { allow: allow.join(', ') });
}
