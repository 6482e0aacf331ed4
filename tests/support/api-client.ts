// The API without the server: from a request to the operation of that path, on parts of a test's own.

import { answer } from '#lib/server/api/answer.ts';
import { allOperations } from '#lib/server/api/document.ts';
import type { ApiParts } from '#lib/server/api/parts.ts';
import type { KeyRole, Principal, Role } from '#lib/server/auth/principal.ts';

export const ORIGIN = 'http://holdfast.test';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // What is in an answer is for the tests to find out.
  json: unknown;
}

export type Caller = (method: string, path: string, body?: unknown) => Promise<Answer>;

export const keyOf = (role: KeyRole): Principal => ({ kind: 'key', id: 1, name: `${role} key`, role });

export function userOf(role: Role, email = `${role}@example.org`): Principal {
  return { kind: 'user', id: 1, email, role, sessionId: 'x', expiresAt: new Date(Date.now() + 3_600_000) };
}

/** Makes what calls the API for a principal. A body that is a text is sent as it is. */
export function apiFor(parts: ApiParts, principal: Principal | null, headers: Record<string, string> = {}): Caller {
  return async (method, path, body) => {
    const url = new URL(`/api/v1${path}`, ORIGIN);
    const found = findOperation(method, url.pathname);
    if (found === null) throw new Error(`No operation has ${method} ${url.pathname}.`);
    const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request(url, { method, body: sent, headers: { host: url.host, ...headers } });
    const event = { request, url, params: found.params, locals: { principal } };
    const response = await answer(found.operation, event, parts);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const json: unknown = isJson ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, json };
  };
}

function findOperation(method: string, pathname: string) {
  for (const operation of allOperations) {
    if (operation.method !== method) continue;
    const pattern = operation.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)').replaceAll('.', '\\.');
    const match = new RegExp(`^/api/v1${pattern}$`).exec(pathname);
    if (match) return { operation, params: decoded(match.groups ?? {}) };
  }
  return null;
}

const decoded = (groups: Record<string, string>) =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
