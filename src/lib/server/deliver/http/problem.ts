// Why a try over HTTP came to nothing, in words for people: what happened, and what to look at.

import { errors } from 'undici';

/** How far a try had come. */
export interface Progress {
  /** The request was being written: there was a connection. */
  isStarted: boolean;
  isSent: boolean;
  /** Of the answer, once its head was there. */
  status: number | null;
  bodyBytes: number;
}

/** The sentence for a try that was cut off by its time-out. */
export function timeoutWords(timeoutMs: number, progress: Progress): string {
  return `No whole answer within ${timeoutMs} ms: ${reached(progress)}.`;
}

function reached({ isStarted, isSent, status, bodyBytes }: Progress): string {
  if (!isStarted) return 'there was no connection yet';
  if (!isSent) return 'the request was still being sent';
  if (status === null) return 'the request was sent, and no answer had begun';
  return `it answered ${status}, and its body had not ended after ${bodyBytes} bytes`;
}

/** Codes of Node's sockets, DNS, TLS and of undici. */
const WORDS: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens there: the connection was refused',
  ECONNRESET: 'The connection was reset',
  EPIPE: 'The connection was closed while the request was being sent',
  ENOTFOUND: 'There is no such name in DNS',
  EAI_AGAIN: 'DNS did not answer',
  ETIMEDOUT: 'The connection timed out',
  EHOSTUNREACH: 'There is no way to this host',
  ENETUNREACH: 'There is no way to this network',
  CERT_HAS_EXPIRED: 'Its certificate has expired',
  CERT_NOT_YET_VALID: 'Its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'It shows a self-signed certificate that nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate comes from an authority that is not trusted (a self-signed certificate)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'Its certificate comes from an authority that is not trusted, or its chain is not whole',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Its certificate comes from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'It does not speak TLS there',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'It does not speak TLS there',
  UND_ERR_CONNECT_TIMEOUT: 'The TLS handshake did not end in time',
  UND_ERR_HEADERS_OVERFLOW: 'The head of its answer is too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'Its answer is not as long as it said'
};
const AUTHORITY_HINT = 'Give its authority under TLS, if you trust it.';
const HINTS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: AUTHORITY_HINT,
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY_HINT,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY_HINT,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY_HINT
};

/** The sentence for a try that ended by an error. */
export function errorWords(error: unknown, progress: Progress): string {
  const cause = rootOf(error);
  const code = codeOf(cause);
  const said = cause instanceof Error ? cause.message || cause.name : String(cause);
  const words = wordsFor(code) ?? wordsOfUndici(cause, progress);
  if (words === null) return said;
  const hint = code === null ? undefined : HINTS[code];
  return `${words}${within(progress)} (${oneLine(said, code)}).${hint === undefined ? '' : ` ${hint}`}`;
}

const within = ({ status, bodyBytes }: Progress): string =>
  status === null ? '' : `, within its answer ${status} after ${bodyBytes} bytes`;

function wordsFor(code: string | null): string | null {
  if (code === null) return null;
  return WORDS[code] ?? null;
}

/** Several addresses tried: each has an error of its own, and the first says enough. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0];
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function wordsOfUndici(error: unknown, { isSent }: Progress): string | null {
  if (error instanceof errors.HTTPParserError) return 'It does not answer in HTTP';
  if (!(error instanceof errors.SocketError)) return null;
  if (error.message === 'bad response') return 'It answered 100 Continue, which nobody had asked for';
  if (error.message === 'bad upgrade') return 'It answered 101 Switching Protocols, which nobody had asked for';
  return isSent ? 'The connection was closed without a whole answer' : 'The connection was closed';
}

const oneLine = (said: string, code: string | null): string => {
  const text = said.replaceAll(/\s+/g, ' ').replace(/\.$/, '').trim();
  return code === null || text.includes(code) ? text : `${text}; ${code}`;
};
