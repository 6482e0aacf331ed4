// One try of a delivery over HTTP. No redirects, nothing decompressed, the response capped; every end is an outcome.

import { errors, request as httpRequest, type Dispatcher } from 'undici';
import { DestinationRefused } from './guard.ts';
import type { Outgoing } from './request.ts';

const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_SECONDS = 24 * 3600;

export interface Response {
  outcome: 'response' | 'timeout' | 'refused' | 'error';
  status: number | null;
  error: string | null;
  retryAfterSeconds: number | null;
  headers: Record<string, string | string[] | undefined>;
  /** The first 64 KB. */
  body: Buffer;
  truncated: boolean;
}

/**
 * Sends and reads the answer. Every end is an outcome but one: with the dispatcher destroyed, on the way to stopping, it
 * rejects, and the try counts as none.
 * @param timeoutMs of the whole try, the answer's body included
 */
export async function send(
  dispatcher: Dispatcher,
  url: string,
  { outgoing, timeoutMs }: { outgoing: Outgoing; timeoutMs: number }
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { method, headers, body } = outgoing;
    const answer = await httpRequest(url, { dispatcher, signal, method, headers: headers.flat(), body });
    const read = await readCapped(answer.body);
    const { statusCode: status } = answer;
    const retryAfterSeconds = retryAfter(answer.headers['retry-after']);
    return {
      outcome: 'response',
      status,
      error: problemOf(status),
      retryAfterSeconds,
      headers: answer.headers,
      ...read
    };
  } catch (error) {
    if (error instanceof errors.ClientDestroyedError) throw error;
    return failed(error, signal.aborted, timeoutMs);
  }
}

function failed(error: unknown, timedOut: boolean, timeoutMs: number): Response {
  const nothing = { status: null, retryAfterSeconds: null, headers: {}, body: Buffer.alloc(0), truncated: false };
  if (error instanceof DestinationRefused) return { outcome: 'refused', error: error.message, ...nothing };
  if (timedOut) return { outcome: 'timeout', error: `No whole answer within ${timeoutMs} ms.`, ...nothing };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return { outcome: 'error', error: cause instanceof Error ? cause.message || cause.name : String(cause), ...nothing };
}

function problemOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `${status}: redirects are not followed. Set the destination to the new URL.`;
  return `The destination answered ${status}.`;
}

async function readCapped(stream: Dispatcher.ResponseData['body']): Promise<{ body: Buffer; truncated: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    if (!Buffer.isBuffer(part)) continue;
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_RESPONSE_BYTES) break;
  }
  const body = Buffer.concat(parts).subarray(0, MAX_RESPONSE_BYTES);
  return { body, truncated: bytes > MAX_RESPONSE_BYTES };
}

/** Seconds, or an HTTP date; capped at a day. */
function retryAfter(header: string | string[] | undefined): number | null {
  const text = [header ?? []].flat()[0]?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS) : null;
}
