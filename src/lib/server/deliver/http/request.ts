// What an HTTP destination gets: the exact bytes, the sender's headers less what is the sender's own business, and a
// fresh Standard Webhooks signature, so that a replay passes the receiver's tolerance check.

import { createHmac } from 'node:crypto';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { StoredMessage } from '../work.ts';

/** Of one connection, or made anew for this one. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
  ...['host', 'content-length', 'proxy-authenticate']
]);
/** What the sender proved itself with is not passed on; a source can have more of it, see SendOptions. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-gitlab-token']);
const SIGNATURE_PREFIX = 'webhook-';

export interface Outgoing {
  method: string;
  headers: HeaderPair[];
  body: Buffer | null;
}

export interface SendOptions {
  /** `whsec_` and base64, or any text; null: not signed. */
  secret: string | null;
  /** From 1. */
  attempt: number;
  /** Milliseconds since 1970. */
  now: number;
  /** Headers, in lower case, in which messages of this source carry a secret itself. */
  credentials?: ReadonlySet<string>;
}

/** The request for one try. */
export function outgoing(message: StoredMessage, options: SendOptions): Outgoing {
  const hasBody = message.method !== 'GET' && message.method !== 'HEAD';
  const body = hasBody ? message.body : null;
  const kept = new Set([...connectionOptions(message.headers), ...(options.credentials ?? [])]);
  return {
    method: message.method,
    headers: [
      ...message.headers.filter(([name]) => !kept.has(name.toLowerCase())).flatMap(passedOn),
      ['Holdfast-Message-Id', message.id],
      ['Holdfast-Attempt', String(options.attempt)],
      ...signature(message.id, body ?? Buffer.alloc(0), options)
    ],
    body
  };
}

/** Connection names further headers that are of one connection only. */
function connectionOptions(headers: readonly HeaderPair[]): string[] {
  const named = headers.filter(([name]) => name.toLowerCase() === 'connection');
  return named.flatMap(([, value]) => value.split(',')).map((name) => name.trim().toLowerCase());
}

function passedOn([name, value]: HeaderPair): HeaderPair[] {
  const lower = name.toLowerCase();
  if (HOP_BY_HOP.has(lower) || CREDENTIALS.has(lower) || lower.startsWith('holdfast-')) return [];
  if (lower.startsWith(SIGNATURE_PREFIX)) return [[`Holdfast-Original-${name}`, value]];
  return [[name, value]];
}

/** Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`. */
function signature(id: string, body: Buffer, { secret, now }: SendOptions): HeaderPair[] {
  if (secret === null) return [];
  const timestamp = String(Math.floor(now / 1000));
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return [
    ['webhook-id', id],
    ['webhook-timestamp', timestamp],
    ['webhook-signature', `v1,${mac}`]
  ];
}

const keyOf = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
