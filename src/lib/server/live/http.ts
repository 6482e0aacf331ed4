// Answers of the live endpoint, as the rest of the API gives them.

import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_CHANGE_BYTES = 64 * 1024;
const CODES: Record<number, string> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'too_large',
  503: 'unavailable'
};
/** A reader waits between these before it comes back, so that all of them do not come at once. */
const RETRY_MS = { shortest: 1_000, longest: 4_000 };

/** `{"error": "<code>", "message"}`; a stream that is open already is ended instead. */
export function answerError(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (status === 503) response.setHeader('retry-after', '2');
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error: CODES[status] ?? 'error', message }));
}

export function answerNothing(response: ServerResponse): void {
  response.writeHead(204, { 'cache-control': 'no-store' }).end();
}

/** The head of an event stream, out at once, so that the reader knows it is through. */
export function openEventStream(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    // no-transform: a proxy that compresses would also collect.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no'
  });
  const { shortest, longest } = RETRY_MS;
  response.socket?.setNoDelay(true).setKeepAlive(true, 30_000).setTimeout(0);
  response.write(`retry: ${Math.round(shortest + Math.random() * (longest - shortest))}\n\n`);
}

/** The body as text; null when it is longer than a change of subscriptions can be. */
export async function readSmallBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_CHANGE_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
