// Before the transaction, where a source asks for it: Stripe's own copy of the event, fetched with the account's key. Then a
// stolen signing secret is not enough to credit anybody.

import type { GuardedAnswer, GuardedFetch, HandlerContext, HandlerEvent, HandlerMessage } from '../../handler.ts';
import { HandlerError } from '../../handler.ts';
import type { StripeEvent } from './event.ts';
import { readEvent } from './event.ts';

const API_BASE_URL = 'https://api.stripe.com';
const KEY_LABEL = 'stripe-api-key';
const TIMEOUT_MS = 10_000;
/** Stripe's events are some kilobytes. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

interface ApiRequest {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * The event as Stripe's API gives it; undefined where the source does not ask for it.
 * @throws {HandlerError} permanent when Stripe does not know the event or tells another story, else tried again
 */
export async function confirmWithApi(
  message: HandlerMessage,
  _event: HandlerEvent,
  context: HandlerContext
): Promise<unknown> {
  if (message.source.options['confirm_with_api'] !== true) return undefined;
  const received = readEvent(message.payload);
  const request = apiRequest(message, received, context);
  const response = await send(context.fetch, request);
  const refusal = statusProblem(response.status, received, request.url);
  if (refusal) {
    await response.body?.cancel();
    throw refusal;
  }
  const confirmed = await readBody(response, request.url);
  return sameEvent(received, confirmed);
}

function apiRequest(message: HandlerMessage, event: StripeEvent, context: HandlerContext): ApiRequest {
  const key = context.secret(KEY_LABEL);
  if (key === null) {
    throw new HandlerError(
      `Source ${message.source.slug} confirms events with Stripe's API but has no secret labelled "${KEY_LABEL}": ` +
        `add one (a restricted key that may read events), then re-deliver.`,
      { permanent: true }
    );
  }
  const base = message.source.options['api_base_url'];
  const baseUrl = typeof base === 'string' ? base.replace(/\/+$/, '') : API_BASE_URL;
  return {
    url: `${baseUrl}/v1/events/${encodeURIComponent(event.id)}`,
    headers: {
      authorization: `Bearer ${key}`,
      // Decompression could turn a small answer into a large one.
      'accept-encoding': 'identity',
      ...(event.account === null ? {} : { 'stripe-account': event.account })
    },
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)])
  };
}

/** The one place that opens a connection. */
async function send(fetch: GuardedFetch, { url, headers, signal }: ApiRequest): Promise<GuardedAnswer> {
  try {
    return await fetch(url, { headers, signal });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable(url: string, cause: unknown): HandlerError {
  return new HandlerError(`${url} could not be read (${reason(cause)}): tried again by itself.`, {
    permanent: false,
    cause
  });
}

/** fetch says only "fetch failed"; why is in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function statusProblem(status: number, event: StripeEvent, url: string): HandlerError | null {
  if (status === 200) return null;
  if (status === 404) {
    return new HandlerError(
      `Stripe does not know event ${event.id} (${url} answered 404), so it was not applied. Check that the key is of the ` +
        `Stripe account and mode that send to this source.`,
      { permanent: true }
    );
  }
  if (status === 429 || status >= 500) {
    return new HandlerError(`${url} answered ${status}: tried again by itself.`, { permanent: false });
  }
  const hint = status === 401 || status === 403 ? `check the secret "${KEY_LABEL}"` : 'check api_base_url';
  return new HandlerError(`${url} answered ${status} instead of the event: ${hint}, then re-deliver.`, {
    permanent: true
  });
}

async function readBody(response: GuardedAnswer, url: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_RESPONSE_BYTES) throw new Error(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function sameEvent(received: StripeEvent, answer: unknown): StripeEvent {
  const confirmed = readEvent(answer);
  for (const field of ['id', 'type', 'livemode'] as const) {
    if (confirmed[field] === received[field]) continue;
    throw new HandlerError(
      `Stripe's own copy of event ${received.id} has ${field} ${confirmed[field]}, the message said ${received[field]}: ` +
        `it was not applied. Whoever sent it may have your signing secret; rotate it.`,
      { permanent: true }
    );
  }
  // Asked with the Stripe-Account header, the API leaves out whose event it is.
  return { ...confirmed, account: confirmed.account ?? received.account };
}
