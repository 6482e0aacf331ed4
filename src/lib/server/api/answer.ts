// From HTTP to an operation and back: who asks, may they, what do they send; then the reply as a response.

import { randomUUID } from 'node:crypto';
import type { Principal } from '#lib/server/auth/principal.ts';
import { isSameOrigin } from '#lib/server/auth/origin.ts';
import { refuse } from './authorize.ts';
import { isDatabaseAway } from './database-away.ts';
import type { ApiRequest, Operation } from './operation.ts';
import type { ApiParts } from './parts.ts';
import { problem, type Reply } from './reply.ts';

const RETRY_AFTER_SECONDS = 5;

/** What of SvelteKit's event is used. */
export interface ApiEvent {
  request: Request;
  url: URL;
  params: Partial<Record<string, string>>;
  locals: { principal: Principal | null };
}

/** Does an operation for an event. An error that nobody expected is logged under an id, and only the id is shown. */
export async function answer(operation: Operation, event: ApiEvent, parts: ApiParts): Promise<Response> {
  try {
    return toResponse(await reply(operation, event, parts));
  } catch (error) {
    const id = randomUUID();
    parts.logger.error(
      { err: error, error_id: id, method: event.request.method, path: event.url.pathname },
      'API error'
    );
    return isDatabaseAway(error) ? unavailable(id) : toResponse(problem(500, 'internal_error', failed(id)));
  }
}

const failed = (id: string) => `Something went wrong here. The log has it under ${id}.`;

function unavailable(id: string): Response {
  const message = `The database does not answer: try again in ${RETRY_AFTER_SECONDS} seconds. The log has it under ${id}.`;
  return toResponse(problem(503, 'unavailable', message), { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

async function reply(operation: Operation, event: ApiEvent, parts: ApiParts): Promise<Reply> {
  const request: ApiRequest = {
    parts,
    principal: event.locals.principal,
    origin: originOf(event, parts),
    params: event.params,
    query: event.url.searchParams,
    body: {}
  };
  const refused = await refuse(operation, request);
  if (refused !== null) return refused;
  if (isForged(event, parts)) {
    return problem(
      403,
      'forbidden',
      'With a session cookie, only pages of this server may write. Use an API key instead.'
    );
  }
  if (event.request.method === 'GET' || event.request.method === 'HEAD') return operation.run(request);
  const body = await readBody(event.request);
  return 'refused' in body ? body.refused : operation.run({ ...request, body: body.json });
}

/** A key is sent on purpose; a cookie is sent by any page that can make a browser post. */
function isForged({ request, locals }: ApiEvent, parts: ApiParts): boolean {
  if (locals.principal?.kind !== 'user') return false;
  const { headers, method } = request;
  return !isSameOrigin({
    method,
    origin: headers.get('origin'),
    secFetchSite: headers.get('sec-fetch-site'),
    host: headers.get('host'),
    publicUrl: parts.config.publicUrl
  });
}

/** JSON whatever its declared type is; an empty body is an empty object. */
async function readBody(request: Request): Promise<{ json: unknown } | { refused: Reply }> {
  let text: string;
  try {
    text = await request.text();
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return { refused: problem(413, 'too_large', 'The request body is larger than 512 KiB, the limit of the API.') };
  }
  if (text.trim() === '') return { json: {} };
  try {
    const json: unknown = JSON.parse(text);
    return { json };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { refused: problem(400, 'invalid_json', `The request body is not JSON: ${cause}.`) };
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 413;
}

/** Without PUBLIC_URL: what the client asked, in plain HTTP, which is all this process speaks. */
function originOf({ request, url }: ApiEvent, { config }: ApiParts): string {
  return config.publicUrl?.origin ?? `http://${request.headers.get('host') ?? url.host}`;
}

const INERT = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const JSON_HEADERS = { ...INERT, 'content-type': 'application/json; charset=utf-8' };

export function toResponse(reply: Reply, headers: Record<string, string> = {}): Response {
  switch (reply.kind) {
    case 'empty':
      return new Response(null, { status: reply.status, headers: INERT });
    case 'bytes':
      return new Response(new Uint8Array(reply.bytes), { status: 200, headers: { ...INERT, ...reply.headers } });
    case 'json-text':
      return new Response(reply.text, { status: reply.status, headers: JSON_HEADERS });
    case 'json':
      return new Response(JSON.stringify(reply.body), {
        status: reply.status,
        headers: { ...JSON_HEADERS, ...challenge(reply.status), ...headers }
      });
  }
}

const challenge = (status: number): Record<string, string> => (status === 401 ? { 'www-authenticate': 'Bearer' } : {});
