// A small event as the source's provider would send it, signed with the source's own secret: for curl lines and tests.

import { randomUUID } from 'node:crypto';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { identify } from '#lib/server/verify/identify.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { samplePayload } from '#lib/server/verify/sample.ts';
import { sign } from '#lib/server/verify/sign.ts';

export interface SampleRequest {
  method: 'POST';
  url: string;
  headers: HeaderPair[];
  body: string;
}

export type SignedSample = SampleRequest | { problem: string };

/**
 * @param url where it will be posted to: some providers sign it
 * @param now milliseconds since 1970
 * @returns the request, or the sentence why this source cannot have one
 */
export function signedSample(source: RoutedSource, url: string, now: number): SignedSample {
  const provider = findProvider(source.provider);
  if (provider === null) return { problem: `The provider "${source.provider}" is not known to this version.` };
  if (!provider.signable)
    return { problem: `Messages of ${provider.name} cannot be signed by anybody but ${provider.name}.` };
  const secret = source.secrets[0]?.value;
  if (secret === undefined && provider.needsSecret) return { problem: `Add the ${provider.secretLabel} first.` };
  try {
    return signedFor(provider, { source, secret: secret ?? '', url, now });
  } catch (error) {
    // sign() says in a sentence which secret or option it cannot use.
    return { problem: error instanceof Error ? error.message : 'The message could not be signed.' };
  }
}

interface Signing {
  source: RoutedSource;
  secret: string;
  url: string;
  now: number;
}

function signedFor(provider: Provider, { source, secret, url, now }: Signing): SampleRequest {
  const { body, headers } = samplePayload(provider, { now });
  const unsigned = { method: 'POST', url, path: '', query: '', headers, body: Buffer.from(body) };
  const event = identify(provider, unsigned, { payload: parsed(body), options: source.options });
  const signature = sign(provider, {
    ...{ secret, body, now, method: 'POST', url, id: event.id ?? randomUUID(), options: source.options },
    ...(event.type === null ? {} : { eventType: event.type })
  });
  const signed = new Set(signature.map(([name]) => name.toLowerCase()));
  const unchanged = headers.filter(([name]) => !signed.has(name.toLowerCase()));
  return { method: 'POST', url, headers: [...unchanged, ...signature], body };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
