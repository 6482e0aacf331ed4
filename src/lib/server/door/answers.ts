// What the door answers. Every answer of the contract's first row is made here.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AcceptedReply, HandshakeReply, RefusedReply } from '#lib/server/verify/types.ts';
import type { Refusal } from './refusals.ts';

/** An unread body longer than this is not worth draining to keep the connection. */
const MAX_DRAIN_BYTES = 64 * 1024;
const LINGER_MS = 2000;

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.end(begin(response, answer));
}

/** Writes the head. @returns the body */
function begin(response: ServerResponse, { status, body, headers }: Answer): string {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    ...headers
  });
  return text;
}

/** Stored and its work committed. @param wanted what the provider insists on */
export function accepted(response: ServerResponse, id: string, wanted: AcceptedReply | null): void {
  const headers = Object.fromEntries(wanted?.headers ?? []);
  if (wanted === null || wanted.text === null) return send(response, { status: 200, body: { id }, headers });
  sendText(response, { status: 200, text: wanted.text, headers: { 'holdfast-message-id': id, ...headers } });
}

/** Logged all the same, with its reason. @param told.wanted what the provider insists on */
export function invalidSignature(
  response: ServerResponse,
  { id, reason, wanted }: { id: string; reason: string; wanted: RefusedReply | null }
): void {
  const status = wanted?.status ?? 401;
  if (wanted === null || wanted.text === null)
    return send(response, { status, body: { error: 'invalid_signature', reason, id } });
  sendText(response, { status, text: wanted.text, headers: { 'holdfast-message-id': id } });
}

function sendText(
  response: ServerResponse,
  { status, text, headers }: { status: number; text: string; headers: Record<string, string> }
): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff', ...headers });
  response.end(text);
}

/** Logged, but not what the source requires. */
export function notAsRequired(response: ServerResponse, id: string, reason: string): void {
  send(response, { status: 400, body: { error: 'not_as_required', message: reason, id } });
}

/** The sender waits to hear that its body is wanted. */
export function expectsContinue({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return httpVersionMinor > 0 && headers.expect?.toLowerCase() === '100-continue';
}

/** Not logged: `refusal.message` says why and what to do. Drops the connection when a long body is still coming. */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const rest = Number(request.headers['content-length'] ?? (request.headers['transfer-encoding'] ? Infinity : 0));
  const close = !request.complete && (!(rest <= MAX_DRAIN_BYTES) || expectsContinue(request));
  const headers = { ...refusal.headers, ...(close ? { connection: 'close' } : {}) };
  const answer = { status: refusal.status, body: { error: refusal.error, message: refusal.message }, headers };
  if (close) sendAndLinger(request, response, answer);
  else send(response, answer);
  request.resume();
}

/**
 * Closing on a sender that still sends resets the connection, and the answer is lost with it. So the answer goes out, and
 * what comes is thrown away for a moment.
 */
function sendAndLinger(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const text = begin(response, answer);
  response.write(text);
  const end = (): void => void response.end();
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', () => clearTimeout(timer));
}

/** What a provider wants to hear when an endpoint is set up. */
export function handshakeReply(response: ServerResponse, reply: HandshakeReply): void {
  response.writeHead(reply.status, [...reply.headers.flat(), 'content-length', String(Buffer.byteLength(reply.body))]);
  response.end(reply.body);
}
