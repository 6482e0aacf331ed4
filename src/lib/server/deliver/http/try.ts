// One try at a destination, from its settings to what an attempt keeps of it: deliveries and tests alike.

import { MASK } from '#lib/inbox/inbox-headers.ts';
import type { StoredMessage } from '../work.ts';
import { forwardedUrl } from './forward-path.ts';
import { DestinationRefused } from './guard.ts';
import type { Guarded } from './guarded.ts';
import { outgoing, type Outgoing } from './request.ts';
import { send, type Response } from './send.ts';
import type { Target } from './target.ts';
import { createStopwatch } from './timings.ts';

export interface TryParts {
  guarded: Pick<Guarded, 'agentFor'>;
  clock: () => number;
  /** Headers, in lower case, in which messages of a source carry a secret itself: they are not passed on. */
  credentialHeaders(source: StoredMessage['source']): ReadonlySet<string>;
}

export interface Tried {
  startedAt: Date;
  durationMs: number;
  response: Response;
  /** For the attempt's record: no secret is in it. */
  detail: Record<string, unknown>;
}

/** @param number of the attempt, from 1 */
export async function tryOnce(
  parts: TryParts,
  target: Target,
  { message, number }: { message: StoredMessage; number: number }
): Promise<Tried> {
  const startedAt = new Date(parts.clock());
  const request = outgoing(message, {
    ...{ secrets: target.secrets, method: target.method, ownHeaders: target.headers, attempt: number },
    ...{ now: parts.clock(), credentials: parts.credentialHeaders(message.source) }
  });
  const { url, response } = await sendTo(parts, target, { message, request });
  const detail = {
    request: { method: request.method, url, headers: recorded(request, target) },
    ...(response.head && { response: { ...response.head, ...bodyOf(response) } }),
    timings: response.timings
  };
  return { startedAt, durationMs: response.timings.total_ms, response, detail };
}

async function sendTo(
  { guarded, clock }: TryParts,
  target: Target,
  { message, request }: { message: StoredMessage; request: Outgoing }
): Promise<{ url: string; response: Response }> {
  try {
    const url = target.forwardPath ? forwardedUrl(target.url, message) : target.url;
    const { timeoutMs } = target;
    return { url, response: await send(guarded.agentFor(target.tls), url, { outgoing: request, timeoutMs, clock }) };
  } catch (error) {
    if (!(error instanceof DestinationRefused)) throw error;
    return { url: target.url, response: notSent(error) };
  }
}

function notSent({ message }: DestinationRefused): Response {
  return {
    ...{ outcome: 'refused', status: null, error: message, retryAfterSeconds: null, head: null },
    ...{ body: Buffer.alloc(0), truncated: false, timings: createStopwatch().end() }
  };
}

/** The destination's own headers are as secret as their values may be. */
function recorded({ headers }: Outgoing, target: Target): Outgoing['headers'] {
  const own = new Set(target.headers.map(([name]) => name));
  return headers.map(([name, value]) => [name, own.has(name) ? MASK : value]);
}

/** As text where it is some, else as base64: whatever came can be shown as it came. */
function bodyOf({ body, truncated }: Response): Record<string, unknown> {
  const kept = { size: body.length, truncated };
  const text = textOf(body, truncated);
  return text === null ? { body: body.toString('base64'), body_encoding: 'base64', ...kept } : { body: text, ...kept };
}

/** @param isCut the end may be half a character */
function textOf(bytes: Buffer, isCut: boolean): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut });
    // What PostgreSQL's JSON cannot hold is no text either.
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}
