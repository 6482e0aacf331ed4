// What this node leaves to others: ROLES splits door, worker and web.

import type { ServerResponse } from 'node:http';
import type { Role } from './config.ts';

const RETRY_AFTER_SECONDS = 5;

/** Not 404: it is the way here that is wrong, and a sender is to come again. */
export function answerElsewhere(response: ServerResponse, role: Role, roles: readonly Role[]): void {
  const message = `This node is ${roles.join(' and ')} (ROLES): send this to one that is ${role}.`;
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': String(RETRY_AFTER_SECONDS) });
  response.end(JSON.stringify({ error: 'unavailable', message }));
}
