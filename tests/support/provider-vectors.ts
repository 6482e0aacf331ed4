// Signature test vectors, published ones and our own, read and run in one way.

import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { handshake } from '#lib/server/verify/handshake.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import type { HandshakeReply, SignedRequest, Verdict, VerifySecret } from '#lib/server/verify/types.ts';
import { verify } from '#lib/server/verify/verify.ts';
import { tryJson } from './signed-requests.ts';

const text = v.optional(v.string());
const vectorSchema = v.object({
  id: v.string(),
  provider: v.string(),
  kind: v.picklist(['signature', 'handshake']),
  secret: text,
  public_key: text,
  method: v.string(),
  url: text,
  headers: v.record(v.string(), v.string()),
  body: v.string(),
  /** Unix seconds. */
  now: v.optional(v.number()),
  tolerance: v.optional(v.number()),
  params: v.optional(v.record(v.string(), v.string()), {}),
  options: v.optional(v.record(v.string(), v.unknown()), {}),
  expect: v.picklist(['valid', 'invalid']),
  expect_response: v.optional(
    v.object({ status: v.optional(v.number()), headers: v.optional(v.record(v.string(), v.string())), body: text })
  )
});
const fileSchema = v.object({ vectors: v.array(vectorSchema) });

export type Vector = v.InferOutput<typeof vectorSchema>;

/** @returns null when there is no such file */
export function readVectors(path: string): Vector[] | null {
  return existsSync(path) ? v.parse(fileSchema, JSON.parse(readFileSync(path, 'utf8'))).vectors : null;
}

/** Where a vector says in its own words what our sources say in options. */
function optionsOf(vector: Vector): Record<string, unknown> {
  const { params } = vector;
  const clock = vector.tolerance === undefined ? {} : { tolerance_seconds: vector.tolerance };
  const kv = { signature_part: 'v1', timestamp_part: 't', template: '{ts},{body}' };
  return {
    ...vector.options,
    ...clock,
    ...(params['header'] === undefined ? {} : { header: params['header'] }),
    ...(params['prefix'] === undefined ? {} : { prefix: params['prefix'] }),
    ...(params['hash'] === undefined ? {} : { algorithm: params['hash'], encoding: params['encoding'] }),
    ...(params['format'] === 't-v1' ? kv : {}),
    ...(vector.kind === 'handshake' ? { verify_token: vector.secret } : {})
  };
}

const requestOf = (vector: Vector): SignedRequest => {
  const url = vector.url ?? 'https://hooks.example.com/in/source';
  const query = url.split('?')[1] ?? '';
  const headers = Object.entries(vector.headers);
  return { method: vector.method, url, path: '', query, headers, body: Buffer.from(vector.body) };
};

const secretsOf = ({ secret, public_key: publicKey, params }: Vector): VerifySecret[] =>
  [secret, publicKey, params['secondary_secret']]
    .filter((value) => value !== undefined)
    .map((value, index) => ({ id: index + 1, label: `secret ${index + 1}`, value }));

/** What verify says about a vector at the time that the vector names. */
export function judgeVector(provider: Provider, vector: Vector): Verdict {
  const now = (vector.now ?? 0) * 1000;
  return verify(provider, requestOf(vector), { secrets: secretsOf(vector), options: optionsOf(vector), now });
}

/** What handshake answers to a vector. */
export function answerVector(provider: Provider, vector: Vector): HandshakeReply | null {
  const context = { secrets: secretsOf(vector), options: optionsOf(vector), verdict: judgeVector(provider, vector) };
  return handshake(provider, requestOf(vector), { ...context, payload: tryJson(vector.body) });
}
