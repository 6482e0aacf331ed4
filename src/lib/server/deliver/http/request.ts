// What an HTTP destination gets: the exact bytes, the sender's headers less what is the sender's own business, and a
// fresh Standard Webhooks signature, so that a replay passes the receiver's tolerance check.

import { createHmac } from 'node:crypto';
import { HOP_BY_HOP, isOurs } from '#lib/inbox/sent-headers.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { StoredMessage } from '../work.ts';

/** What the sender proved itself with is not passed on; a source can have more of it, see SendOptions. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-gitlab-token']);

export interface Outgoing {
  method: string;
  headers: HeaderPair[];
  body: Buffer | null;
}

export interface SendOptions {
  /** `whsec_` and base64, or any text. Each signs: after a rotation there are two for a while. None: not signed. */
  secrets: readonly string[];
  /** Instead of the sender's. */
  method?: string | null;
  /** The destination's own: each takes the place of the sender's of that name. */
  ownHeaders?: readonly HeaderPair[];
  /** From 1. */
  attempt: number;
  /** Milliseconds since 1970. */
  now: number;
  /** Headers, in lower case, in which messages of this source carry a secret itself. */
  credentials?: ReadonlySet<string>;
}

/** The request for one try. */
export function outgoing(message: StoredMessage, options: SendOptions): Outgoing {
  const method = options.method ?? message.method;
  const body = method === 'GET' || method === 'HEAD' ? null : message.body;
  const { ownHeaders = [], credentials = [] } = options;
  const left = new Set([
    ...connectionOptions(message.headers),
    ...credentials,
    ...ownHeaders.map(([name]) => lower(name))
  ]);
  return {
    method,
    headers: [
      ...message.headers.filter(([name]) => !left.has(lower(name))).flatMap(passedOn),
      ...ownHeaders,
      ['Holdfast-Message-Id', message.id],
      ['Holdfast-Attempt', String(options.attempt)],
      ...signature(message.id, body ?? Buffer.alloc(0), options)
    ],
    body
  };
}

const lower = (name: string): string => name.toLowerCase();

/** Connection names further headers that are of one connection only. */
function connectionOptions(headers: readonly HeaderPair[]): string[] {
  const named = headers.filter(([name]) => name.toLowerCase() === 'connection');
  return named.flatMap(([, value]) => value.split(',')).map((name) => name.trim().toLowerCase());
}

function passedOn([name, value]: HeaderPair): HeaderPair[] {
  if (HOP_BY_HOP.has(lower(name)) || CREDENTIALS.has(lower(name)) || lower(name).startsWith('holdfast-')) return [];
  if (isOurs(name)) return [[`Holdfast-Original-${name}`, value]];
  return [[name, value]];
}

/** Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several stand side by side. */
function signature(id: string, body: Buffer, { secrets, now }: SendOptions): HeaderPair[] {
  if (secrets.length === 0) return [];
  const timestamp = String(Math.floor(now / 1000));
  const macOf = (secret: string) =>
    createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return [
    ['webhook-id', id],
    ['webhook-timestamp', timestamp],
    ['webhook-signature', secrets.map((secret) => `v1,${macOf(secret)}`).join(' ')]
  ];
}

const keyOf = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
