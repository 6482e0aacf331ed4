// What a forger or a broken proxy does to a signed message, done to one of every provider: none of it may pass.

import { describe, expect, test } from 'vitest';
import {
  aSecret,
  judge,
  NOW,
  secretFor,
  signable,
  signedRequest,
  signingSecretFor,
  URL_OF_SOURCE
} from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { samplePayload } from '#lib/server/verify/sample.ts';
import { sign } from '#lib/server/verify/sign.ts';
import type { SignedRequest } from '#lib/server/verify/types.ts';

const isToken = ({ family }: Provider): boolean => family === 'token' || family === 'basic';

/** The headers that sign() makes: each of them has a part in the proof. */
function proofOf(provider: Provider): HeaderPair[] {
  const { body, headers } = samplePayload(provider, { now: NOW, id: 'fixed' });
  return sign(provider, { secret: secretFor(provider), body, headers, now: NOW, method: 'POST', url: URL_OF_SOURCE });
}

const withHeader = (request: SignedRequest, name: string, change: (value: string) => string[]): SignedRequest => ({
  ...request,
  headers: request.headers.flatMap(([each, value]): HeaderPair[] =>
    each === name ? change(value).map((changed) => [each, changed]) : [[each, value]]
  )
});

const flipLast = (text: string): string => text.slice(0, -1) + (text.endsWith('1') ? '0' : '1');

/** A character whose lower byte is the right one: what is left of it when text is written as Latin-1. */
const widenLast = (text: string): string =>
  text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 0x100);

function withByte(request: SignedRequest, index: number): SignedRequest {
  const body = Buffer.from(request.body);
  body[index] = (body[index] ?? 0) ^ 1;
  return { ...request, body };
}

describe.each(signable.map((provider) => [provider.slug, provider] as const))('%s', (_, provider) => {
  const request = signedRequest(provider);
  const signatureHeader = proofOf(provider)[0]?.[0] ?? '';

  test('a signed message is valid, and names the secret', () => {
    expect(judge(provider, request)).toMatchObject({ status: 'valid', reason: null, secretId: 1 });
  });

  test('either secret fits while one is rotated', () => {
    const secrets = [aSecret(`not ${secretFor(provider)}`, 7), aSecret(secretFor(provider), 8)];
    if (secretFor(provider).startsWith('whsec_')) secrets[0] = aSecret('whsec_b3RoZXI=', 7);
    expect(judge(provider, request, { secrets })).toMatchObject({ status: 'valid', secretId: 8 });
  });

  test('without a secret, or with a blank one, nothing is valid', () => {
    for (const secrets of [[], [aSecret('')], [aSecret(' \n')]]) {
      const verdict = judge(provider, request, { secrets });
      expect(verdict).toMatchObject({ status: 'invalid', secretId: null });
      expect(verdict.reason).toMatch(/^The source has no secret yet: add the /);
    }
  });

  test('another secret is refused', () => {
    const verdict = judge(provider, request, { secrets: [aSecret('0f0f0f0f')] });
    expect(verdict.status).toBe('invalid');
  });

  test('each header of the proof is needed, and counts as it is', () => {
    for (const [name] of proofOf(provider)) {
      expect(
        judge(
          provider,
          withHeader(request, name, () => [])
        ).status,
        `without ${name}`
      ).toBe('invalid');
      expect(
        judge(
          provider,
          withHeader(request, name, () => [''])
        ).status,
        `empty ${name}`
      ).toBe('invalid');
      const flipped = judge(
        provider,
        withHeader(request, name, (value) => [flipLast(value)])
      );
      expect(flipped.status, `changed ${name}`).toBe('invalid');
      const widened = judge(
        provider,
        withHeader(request, name, (value) => [widenLast(value)])
      );
      expect(widened.status, `widened ${name}`).toBe('invalid');
    }
  });

  test('a header of the proof may stand twice only when both say the same', () => {
    for (const [name] of proofOf(provider)) {
      const twice = judge(
        provider,
        withHeader(request, name, (value) => [value, flipLast(value)])
      );
      expect(twice, name).toMatchObject({ status: 'invalid' });
      expect(
        judge(
          provider,
          withHeader(request, name, (value) => [value, value])
        ).status,
        name
      ).toBe('valid');
    }
    const doubled = judge(
      provider,
      withHeader(request, signatureHeader, (value) => [value, flipLast(value)])
    );
    expect(doubled.reason).toMatch(/more than once with different values/);
  });

  test('another spelling of the signature is another signature', () => {
    const spellings: ((value: string) => string)[] = [
      (value) => value.slice(0, -1),
      (value) => `${value}0`,
      (value) => value + value.slice(-40),
      (value) => ` ${value.replaceAll('=', ' = ')}`,
      (value) => value.toUpperCase(),
      (value) => value.replace(/.$/, 'š'),
      (value) => `"${value}"`
    ];
    for (const spell of spellings) {
      const verdict = judge(
        provider,
        withHeader(request, signatureHeader, (value) => [spell(value)])
      );
      expect(verdict.status, spell.toString()).toBe('invalid');
    }
  });

  test('the header’s name has no case', () => {
    const renamed = request.headers.map(([name, value]): HeaderPair => [name.toUpperCase(), value]);
    expect(judge(provider, { ...request, headers: renamed }).status).toBe('valid');
  });
});

/** Of two ways to prove a message the covering one is taken: buildkite's and gitlab's tokens prove no body. */
const coveringTheBody = signable.filter(
  (provider) => provider.slug === 'gitlab' || (!isToken(provider) && !provider.covers.startsWith('Nothing'))
);

describe.each(coveringTheBody.map((provider) => [provider.slug, provider] as const))(
  'the body of %s',
  (_, provider) => {
    const secret = signingSecretFor(provider);
    const request = signedRequest(provider, { secret });
    const secrets = [aSecret(secret)];

    test('one bit changed anywhere in the body is noticed', () => {
      for (let index = 0; index < request.body.length; index += 1) {
        expect(judge(provider, withByte(request, index), { secrets }).status, `byte ${index}`).toBe('invalid');
      }
    });

    test('a byte more or less is noticed, and a byte order mark', () => {
      const { body } = request;
      const bodies = [body.subarray(1), body.subarray(0, -1), Buffer.concat([body, Buffer.from('x')]), Buffer.alloc(0)];
      bodies.push(Buffer.concat([Buffer.from('\ufeff'), body]));
      for (const changed of bodies)
        expect(judge(provider, { ...request, body: changed }, { secrets }).status).toBe('invalid');
    });
  }
);
