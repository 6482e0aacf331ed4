// Requests of any provider, signed by its row, for tests that then take them apart.

import type { HeaderPair } from '#lib/inbox/types.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { providers, findProvider } from '#lib/server/verify/providers.ts';
import type { KeyPreparation } from '#lib/server/verify/row.ts';
import { sampleMessage } from '#lib/server/verify/sample.ts';
import type { SignedRequest, Verdict, VerifySecret } from '#lib/server/verify/types.ts';
import { verify } from '#lib/server/verify/verify.ts';

/** Milliseconds; every signed sample is from this moment. */
export const NOW = 1_760_000_000_000;
export const URL_OF_SOURCE = 'https://hooks.example.com/in/source?tenant=1';

const HEX_KEY = '000102030405060708090a0b0c0d0e0f';
const WHSEC = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const BASE64 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const SECRETS: Partial<Record<KeyPreparation, string>> = { hex: HEX_KEY, whsec: WHSEC, base64: BASE64 };

/** A secret of the kind that a provider gives out. */
export function secretFor({ row }: Provider): string {
  const [scheme] = typeof row.schemes === 'function' ? [] : row.schemes;
  const key = scheme && 'key' in scheme ? scheme.key : undefined;
  return (key && SECRETS[key]) ?? 'a secret of the right kind';
}

/** Where a provider has both a token and a signing secret: the one that signs. */
export const signingSecretFor = (provider: Provider): string =>
  provider.slug === 'gitlab' ? WHSEC : secretFor(provider);

export const aSecret = (value: string, id = 1): VerifySecret => ({ id, label: `secret ${id}`, value });

/** The providers whose messages we can sign and which verify them. */
export const signable: readonly Provider[] = providers.filter((each) => each.signable && each.needsSecret);

export function providerOf(slug: string): Provider {
  const provider = findProvider(slug);
  if (!provider) throw new Error(`There is no provider ${slug}.`);
  return provider;
}

/** A signed sample of a provider, as the door would hand it on. */
export function signedRequest(
  provider: Provider,
  { secret = secretFor(provider), now = NOW, options = {} }: { secret?: string; now?: number; options?: object } = {}
): SignedRequest {
  const url = URL_OF_SOURCE;
  const { method, body, headers } = sampleMessage(provider, { secret, url, now, options: { ...options } });
  const other: HeaderPair[] = [
    ['Host', 'hooks.example.com'],
    ['User-Agent', 'test'],
    ['Accept', '*/*']
  ];
  return { method, url, path: '', query: 'tenant=1', headers: [...other, ...headers], body: Buffer.from(body) };
}

/** The verdict on a request, by the provider's own secret unless others are given. */
export function judge(
  provider: Provider,
  request: SignedRequest,
  { secrets, now = NOW, options = {} }: { secrets?: VerifySecret[]; now?: number; options?: object } = {}
): Verdict {
  return verify(provider, request, {
    secrets: secrets ?? [aSecret(secretFor(provider))],
    options: { ...options },
    now
  });
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
