// /api/v1/openapi.json, and with it the whole list of operations.

import { openApiDocument } from './openapi.ts';
import { operation, takesNothing, type Operation } from './operation.ts';
import { operations } from './operations.ts';
import { ok } from './reply.ts';

export const readDocument: Operation = operation({
  ...{ ...takesNothing, method: 'GET', path: '/openapi.json', tag: 'document', permission: 'public' },
  summary: 'This document',
  replies: { 200: { description: 'OpenAPI 3.1', contentType: 'application/json' } },
  handle: async ({ origin }) => ok(openApiDocument(allOperations, origin))
});

export const allOperations: readonly Operation[] = [...operations, readDocument];
