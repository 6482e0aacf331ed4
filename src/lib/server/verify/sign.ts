// The inverse of verify, from the same rows: signs test messages, curl lines and demo data as the provider would.

import { randomUUID } from 'node:crypto';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { eventHeaders } from './event-headers.ts';
import { nameOf, onlyText } from './field.ts';
import { CONFLICT } from './form.ts';
import { makeJwt } from './jwt.ts';
import { fits } from './key.ts';
import { makeSignature, type Chunk } from './proof.ts';
import { canSign, type Options, type Provider } from './provider.ts';
import { isJwt, isToken, joinParts, type JwtScheme, type Scheme, type SignatureScheme } from './scheme.ts';
import { writeTimestamp } from './timestamp.ts';
import { tokenText } from './token.ts';
import { viewOf } from './view.ts';

export interface ToSign {
  secret: string;
  body: Buffer | string;
  /** Milliseconds since 1970. */
  now: number;
  method: string;
  /** The full URL that it will be sent to: some providers sign it. */
  url: string;
  /** Sent along: what is among them is not added again. */
  headers?: readonly HeaderPair[];
  /** The event's id, for providers that send it in a header; a random one where the signature needs one. */
  id?: string;
  /** The event's type, for providers that send it in a header; `pull_request.opened` is sent as `pull_request`. */
  eventType?: string;
  options?: Options;
}

/**
 * The headers that make a message valid, to be sent with `message.headers`: signature, timestamp, ids.
 * @throws {Error} when the provider cannot be signed for (see `signable`), or the secret or an option is unfit
 */
export function sign(provider: Provider, message: ToSign): HeaderPair[] {
  const schemes = provider.schemes(message.options ?? {});
  if (typeof schemes === 'string') throw new Error(`Nothing can be signed for ${provider.name}: ${schemes}.`);
  const present = new Set((message.headers ?? []).map(([name]) => name.toLowerCase()));
  const added: HeaderPair[] = [];
  const add = (pairs: readonly HeaderPair[]): void => {
    for (const [name, value] of pairs) {
      if (present.has(name.toLowerCase())) continue;
      present.add(name.toLowerCase());
      added.push([name, value]);
    }
  };
  if (provider.needsSecret) add(proofHeaders(schemeFor(provider, schemes, message.secret), message));
  add(eventHeaders(provider.row.identity, message));
  return added;
}

function schemeFor(provider: Provider, schemes: readonly Scheme[], secret: string): Scheme {
  const scheme = schemes.find(({ row }) => canSign(row) && fits(secret, row.secrets));
  if (!scheme || secret.trim() === '')
    throw new Error(`A message of ${provider.name} cannot be signed with this secret.`);
  return scheme;
}

function proofHeaders(scheme: Scheme, message: ToSign): HeaderPair[] {
  if (isJwt(scheme)) return [jwtHeader(scheme, message)];
  if (!isToken(scheme)) return signatureHeaders(scheme, message);
  return [[nameOf(scheme.row.signature), (scheme.row.prefix ?? '') + tokenText(message.secret, scheme.row)]];
}

function jwtHeader({ row }: JwtScheme, message: ToSign): HeaderPair {
  const token = makeJwt(row, message);
  if (token === null) throw new Error(UNFIT);
  return [nameOf(row.signature), (row.prefix ?? '') + token];
}

const UNFIT = 'The secret cannot be used as a key: paste it as the provider shows it.';

function signatureHeaders(scheme: SignatureScheme, message: ToSign): HeaderPair[] {
  const { row } = scheme;
  const timestamp = row.timestamp ? writeTimestamp(message.now, row.timestamp.unit) : null;
  const id = idOf(scheme, message);
  const along = alongside(scheme, { timestamp, id });
  const headers = [...(message.headers ?? []), ...along];
  const chunks = fill(scheme, { ...message, headers }, { timestamp, id });
  const signature = makeSignature(row, chunks, message.secret);
  if (signature === null) throw new Error(UNFIT);
  return [[nameOf(row.signature), joinParts(row, signature, timestamp ?? '')], ...along];
}

/** What is signed with the body and sent in headers of its own. */
interface Signed {
  timestamp: string | null;
  id: string | null;
}

function alongside({ row, constants, timestampField }: SignatureScheme, { timestamp, id }: Signed): HeaderPair[] {
  const headers = constants.map(({ field, value }): HeaderPair => [nameOf(field), value]);
  if (timestampField?.field.startsWith('header:') && timestamp !== null)
    headers.push([nameOf(timestampField.field), timestamp]);
  if (row.id && id !== null) headers.push([nameOf(row.id), id]);
  return headers;
}

function idOf({ readId }: SignatureScheme, message: ToSign): string | null {
  if (!readId) return null;
  const already = onlyText(readId(viewOf(requestOf(message))));
  return already ?? message.id ?? `msg_${randomUUID().replaceAll('-', '')}`;
}

const requestOf = ({ method, url, headers = [], body }: ToSign) => ({
  method,
  url,
  path: '',
  query: url.split('?')[1] ?? '',
  headers,
  body: Buffer.from(body)
});

function fill(scheme: SignatureScheme, message: ToSign, signed: Signed): Chunk[] {
  const input = { ...signed, view: viewOf(requestOf(message)), url: message.url, secret: message.secret };
  return scheme.pieces.map((piece) => {
    const chunk = piece.read(input);
    if (chunk === null || chunk === CONFLICT) throw new Error(`There is no ${piece.name} to sign: give it.`);
    return chunk;
  });
}
