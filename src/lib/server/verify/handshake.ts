// Answers that a provider wants while its endpoint is set up. Only a source of that provider answers: an echo for
// everybody would let others claim the URL at a provider.

import { createHmac } from 'node:crypto';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { onlyText, reader } from './field.ts';
import { keyOf } from './key.ts';
import { encode, sameText } from './proof.ts';
import type { Options, Provider } from './provider.ts';
import type { HandshakeRow } from './row.ts';
import type { HandshakeReply, SignedRequest, Verdict, VerifySecret } from './types.ts';
import { viewOf, type View } from './view.ts';

export interface HandshakeContext {
  /** JSON.parse of the body, undefined when it is not JSON. */
  payload: unknown;
  secrets: readonly VerifySecret[];
  options: Options;
  verdict: Verdict;
}

const MAX_ECHO_LENGTH = 2048;

/** The reply that the request asks for, null when it is no handshake of this provider. Never throws. */
export function handshake(
  provider: Provider,
  request: SignedRequest,
  context: HandshakeContext
): HandshakeReply | null {
  for (const row of provider.row.handshakes ?? []) {
    const reply = row.method === request.method ? answer(row, request, context) : null;
    if (reply) return reply;
  }
  return null;
}

function answer(row: HandshakeRow, request: SignedRequest, context: HandshakeContext): HandshakeReply | null {
  if (row.signed && context.verdict.status !== 'valid') return null;
  const view = viewOf(request, { payload: context.payload });
  const isAsked = row.when.every(([field, wanted]) => {
    const value = onlyText(reader(field)(view));
    return value !== null && (wanted === null || value === wanted);
  });
  if (!isAsked || !hasToken(row, view, context.options)) return null;
  const echo = readEcho(row, view);
  const mac = echo === null ? null : macOf(row, echo, context.secrets);
  return echo === null || mac === null ? null : replyOf(row, { echo, mac, options: context.options });
}

function hasToken({ token }: HandshakeRow, view: View, options: Options): boolean {
  if (!token) return true;
  const [given, expected] = [onlyText(reader(token.at)(view)), options[token.option]];
  return given !== null && typeof expected === 'string' && expected !== '' && sameText(given, expected);
}

function readEcho({ echo, echoPattern }: HandshakeRow, view: View): string | null {
  if (!echo) return '';
  const text = onlyText(reader(echo)(view));
  if (text === null || text === '' || text.length > MAX_ECHO_LENGTH) return null;
  return echoPattern && !echoPattern.test(text) ? null : text;
}

function macOf({ mac }: HandshakeRow, echo: string, secrets: readonly VerifySecret[]): string | null {
  if (!mac) return '';
  const key = secrets[0] ? keyOf(secrets[0], mac.key) : null;
  return key === null ? null : encode(createHmac(mac.algorithm, key).update(echo).digest(), mac.encoding);
}

function replyOf(row: HandshakeRow, values: { echo: string; mac: string; options: Options }): HandshakeReply {
  const filled = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => valueOf(name, values));
  const { reply } = row;
  const json = reply.json && Object.fromEntries(Object.entries(reply.json).map(([key, text]) => [key, filled(text)]));
  const headers: HeaderPair[] = [
    ['content-type', json ? 'application/json' : 'text/plain; charset=utf-8'],
    // What is echoed is a stranger's text: no browser may take it for a page.
    ['x-content-type-options', 'nosniff'],
    ...(reply.headers ?? []).map(([name, template]): HeaderPair => [name, filled(template)])
  ];
  return { status: reply.status ?? 200, headers, body: json ? JSON.stringify(json) : filled(reply.text ?? '') };
}

function valueOf(name: string, { echo, mac, options }: { echo: string; mac: string; options: Options }): string {
  if (name === 'echo') return echo;
  if (name === 'mac') return mac;
  const option = options[name];
  return typeof option === 'string' ? option : '';
}
