// The door: bytes in. Limits, source, raw body, verdict, one log entry; the answer goes out after the commit.
// Plain node:http in front of SvelteKit, which would refuse forms, drop untyped bodies and cap them at 512 KB.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import type {
  AcceptedReply,
  EventIdentity,
  HandshakeReply,
  RefusedReply,
  SignedRequest,
  Verdict
} from '#lib/server/verify/types.ts';
import { accepted, expectsContinue, handshakeReply, invalidSignature, notAsRequired, refuse } from './answers.ts';
import type { AddressReader } from './address.ts';
import { createReadingBudget, declaredLength, readBody } from './body.ts';
import type { InvalidBudget } from './invalid-budget.ts';
import { readPayload, type Payload } from './payload.ts';
import type { RateLimit } from './rate-limit.ts';
import { busy, rateLimited, tooLarge, unknownSource, wrongMethod, type Refusal } from './refusals.ts';
import { headerPairs, splitUrl, type Target } from './target.ts';

/** What the door hands to the log. */
export interface Arrival {
  id: string;
  receivedAt: number;
  source: RoutedSource;
  request: SignedRequest;
  remoteIp: string;
  payload: Payload;
  bodyDropped: boolean;
  verdict: Verdict;
  event: EventIdentity;
  /** SHA-256 (hex) of the event id, when this message may claim the event. */
  eventKey: string | null;
  origin: 'received' | 'handshake' | 'test' | 'edited' | 'imported';
}

export interface DoorParts {
  findSource(slug: string): RoutedSource | null | Promise<RoutedSource | null>;
  /** A source fresh from the database, in case its secrets were changed on another node a moment ago; null: no news. */
  refreshSource(slug: string): Promise<RoutedSource | null>;
  judge(source: RoutedSource, request: SignedRequest, now: number): Verdict;
  identify(source: RoutedSource, request: SignedRequest, payload: unknown): EventIdentity;
  handshake(
    source: RoutedSource,
    request: SignedRequest,
    told: { payload: unknown; verdict: Verdict }
  ): HandshakeReply | null;
  /** What the provider wants to hear when a message was taken; null: our id. */
  acceptedReply(source: RoutedSource, request: SignedRequest): AcceptedReply | null;
  /** What it wants to hear of a bad signature; null: why. */
  refusedReply(source: RoutedSource): RefusedReply | null;
  nextId(): { id: string; receivedAt: number };
  /** Resolves after the commit. */
  log(arrival: Arrival): Promise<unknown>;
  /** Why nothing is taken in now (disk nearly full, stopping): answered 503. null: open. */
  closed(): string | null;
  unknownSource(request: IncomingMessage, remoteIp: string): void;
  addresses: AddressReader;
  rateLimit: RateLimit;
  invalidBudget: InvalidBudget;
  publicUrl: URL | null;
  maxBodyBytes: number;
}

/** Large bodies being read by all requests together; past it they are told to come again. */
const MAX_READING_BYTES = 256 * 1024 * 1024;

const READING_TOO_MUCH = `Large bodies of ${MAX_READING_BYTES} bytes together are being read: send again in some seconds.`;

/** Makes the request handler of /in/*. It answers every request it is given and never rejects. */
export function createDoor(parts: DoorParts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const budget = createReadingBudget(MAX_READING_BYTES);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const remoteIp = parts.addresses.remoteIp(request);
    const target = splitUrl(request.url ?? '');
    const source = await parts.findSource(target.slug);
    if (!source) {
      parts.unknownSource(request, remoteIp);
      return refuse(request, response, unknownSource(target.slug));
    }
    const refusal = refusalUnread(parts, request, { source, remoteIp });
    if (refusal) return refuse(request, response, refusal);
    if (expectsContinue(request)) response.writeContinue();
    const result = await readBody(request, { maxBytes: parts.maxBodyBytes, budget });
    if (result.kind === 'aborted') return;
    if (result.kind === 'too_large') return refuse(request, response, tooLarge(parts.maxBodyBytes));
    if (result.kind === 'busy') return refuse(request, response, busy(READING_TOO_MUCH));
    await take(parts, response, {
      source,
      remoteIp,
      signed: signedRequest(parts, request, { target, body: result.body })
    });
  }

  return async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      refuse(request, response, busy(error instanceof Error ? error.message : 'The message could not be stored.'));
    }
  };
}

function signedRequest(
  parts: DoorParts,
  request: IncomingMessage,
  { target, body }: { target: Target; body: Buffer }
): SignedRequest {
  const origin =
    parts.publicUrl?.origin ?? `${parts.addresses.protocol(request)}://${request.headers.host ?? 'localhost'}`;
  const { path, query } = target;
  const headers = headerPairs(request.rawHeaders);
  return { method: request.method ?? 'GET', url: origin + (request.url ?? ''), path, query, headers, body };
}

/** Refusals that need no body. */
function refusalUnread(
  parts: DoorParts,
  request: IncomingMessage,
  { source, remoteIp }: { source: RoutedSource; remoteIp: string }
): Refusal | null {
  const { allowed_methods: methods, rate_limit_per_second: perSecond } = source.options;
  const closed = parts.closed();
  if (closed !== null) return busy(closed);
  if (methods && !methods.includes(request.method ?? '')) return wrongMethod(request.method ?? '', methods);
  if ((declaredLength(request) ?? 0) > parts.maxBodyBytes) return tooLarge(parts.maxBodyBytes);
  if (!perSecond || parts.rateLimit.take(source.id, remoteIp, perSecond)) return null;
  return rateLimited(remoteIp, source.slug, perSecond);
}

interface Taken {
  source: RoutedSource;
  remoteIp: string;
  signed: SignedRequest;
}

/** Verdict, log, answer: in this order. */
async function take(parts: DoorParts, response: ServerResponse, { source, remoteIp, signed }: Taken): Promise<void> {
  const { id, receivedAt } = parts.nextId();
  const payload = readPayload(signed.body);
  const judged = await judgeFresh(parts, { source, signed, now: receivedAt });
  const reply = parts.handshake(judged.source, signed, { payload: payload.value, verdict: judged.verdict });
  const verdict = verdictWith(judged, payload);
  const event = parts.identify(judged.source, signed, payload.value);
  await parts.log({
    ...{ id, receivedAt, source: judged.source, request: signed, remoteIp, payload, verdict, event },
    bodyDropped: verdict.status === 'invalid' && !parts.invalidBudget.take(source.id, signed.body.length),
    eventKey: reply ? null : eventKey(verdict, event),
    origin: reply ? 'handshake' : 'received'
  });
  if (reply) handshakeReply(response, reply);
  else if (judged.verdict.status === 'invalid') refuseSignature(parts, response, { id, judged });
  else if (verdict.status === 'invalid') notAsRequired(response, id, verdict.reason ?? 'not as required');
  else accepted(response, id, parts.acceptedReply(judged.source, signed));
}

function refuseSignature(
  parts: DoorParts,
  response: ServerResponse,
  { id, judged }: { id: string; judged: Judged }
): void {
  const reason = judged.verdict.reason ?? 'invalid';
  invalidSignature(response, { id, reason, wanted: parts.refusedReply(judged.source) });
}

/** An invalid verdict is only final on secrets that are not stale. */
async function judgeFresh(
  parts: DoorParts,
  { source, signed, now }: { source: RoutedSource; signed: SignedRequest; now: number }
): Promise<Judged> {
  const verdict = parts.judge(source, signed, now);
  if (verdict.status !== 'invalid') return { source, verdict };
  const fresh = await parts.refreshSource(source.slug);
  return fresh ? { source: fresh, verdict: parts.judge(fresh, signed, now) } : { source, verdict };
}

interface Judged {
  source: RoutedSource;
  verdict: Verdict;
}

/** `options.require: "json"` on top of the signature's verdict. */
export function verdictWith({ source, verdict }: Judged, payload: Payload): Verdict {
  if (source.options.require !== 'json' || payload.isJson || verdict.status === 'invalid') return verdict;
  return { ...verdict, status: 'invalid', reason: 'The source requires JSON, and the body is not valid JSON.' };
}

/** Only what is trusted may claim an event: a forged post must not suppress the real one. */
export function eventKey(verdict: Verdict, event: EventIdentity): string | null {
  if (event.id === null || (verdict.status !== 'valid' && verdict.status !== 'none')) return null;
  return createHash('sha256').update(event.id).digest('hex');
}
