// Anybody can post anything: whatever it is, it is invalid, and nothing throws. For all providers and all shapes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aSecret, judge, NOW, providerOf, secretFor, signable, signedRequest } from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { handshake } from '#lib/server/verify/handshake.ts';
import { identify } from '#lib/server/verify/identify.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { providers } from '#lib/server/verify/providers.ts';
import type { SignedRequest, Verdict } from '#lib/server/verify/types.ts';

const verifying = providers.filter(({ needsSecret }) => needsSecret);

/** Texts that look like what the rows read, so that garbage gets further than the first check. */
const fragments = [
  't=',
  'v1=',
  'v1,',
  'v1a,',
  'ts=',
  'h1=',
  'sha256=',
  'v0=',
  ',',
  ';',
  ' ',
  'Basic ',
  'Bearer ',
  '0',
  '1760000000',
  'a'.repeat(64),
  `${'A'.repeat(43)}=`,
  '__proto__',
  '%',
  '\u0000',
  'š'
];
const odd = fc.oneof(
  fc.string(),
  fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join(''))
);

/** Every field of a provider's row that is a header. */
function headersOf({ row }: Provider): string[] {
  const text = JSON.stringify(row);
  return [...new Set([...text.matchAll(/header:([A-Za-z0-9-]+)/g)].map((match) => match[1] ?? ''))];
}

const requestOf = (provider: Provider): fc.Arbitrary<SignedRequest> => {
  const names = [...headersOf(provider), 'X-Signature', 'X-Webhook-Token', 'Content-Type', 'Authorization'];
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.array(odd).map((parts) => Buffer.from(parts.join('&')))
  );
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'PUT'),
    url: fc.oneof(odd, fc.webUrl({ withQueryParameters: true })),
    path: odd,
    query: odd,
    headers: fc.array(
      fc.tuple(fc.constantFrom(...names), odd).map((pair): HeaderPair => pair),
      { maxLength: 8 }
    ),
    body
  });
};

const options = fc.oneof(
  fc.constant({}),
  fc.dictionary(
    fc.constantFrom(
      'header',
      'template',
      'algorithm',
      'prefix',
      'timestamp_header',
      'signature_part',
      'timestamp_part',
      'event_id_path',
      'event_type_header',
      'verify_token',
      'tolerance_seconds'
    ),
    fc.oneof(odd, fc.integer(), fc.constant(null), fc.constant({ a: 1 }))
  )
);

describe.each(verifying.map((provider) => [provider.slug, provider] as const))('%s', (_, provider) => {
  test('garbage never passes and never throws', () => {
    const garbage = fc.record({ request: requestOf(provider), payload: fc.jsonValue(), options, secret: odd });
    fc.assert(
      fc.property(garbage, ({ request, payload, options, secret }) => {
        const secrets = [aSecret(secretFor(provider)), aSecret(secret, 2)];
        const verdict = judge(provider, request, { options, secrets: secrets.slice(0, 1) });
        expect(verdict.status).toBe('invalid');
        expect(verdict.reason).toMatch(/^(The|No|Clock) .*\.$/s);
        // A secret that is garbage itself may fit a token by chance; it must not throw.
        judge(provider, request, { options, secrets });
        identify(provider, request, { payload, options });
        handshake(provider, request, { payload, options, secrets, verdict });
      }),
      { numRuns: 150 }
    );
  });
});

const invalid: Verdict = { status: 'invalid', reason: 'no', secretId: null, clockSkewSeconds: null };

test('payloads of odd shapes have no event, and only own properties count', () => {
  const shapes: unknown[] = [
    null,
    undefined,
    0,
    '',
    'text',
    [],
    [[]],
    {},
    { id: {} },
    { id: null },
    { data: [1, [2]] }
  ];
  shapes.push(JSON.parse('{"__proto__":{"id":"evt_1","type":"a"}}'), { id: NaN }, { id: 2 ** 60 });
  const request = { ...signedRequest(providerOf('stripe')), body: Buffer.from('x') };
  for (const payload of shapes) {
    expect(identify(providerOf('stripe'), request, { payload, options: {} })).toEqual({ id: null, type: null });
  }
  const onPrototype: unknown = Object.create({ id: 'evt_1', type: 'a' });
  expect(identify(providerOf('stripe'), request, { payload: onPrototype, options: {} })).toEqual({
    id: null,
    type: null
  });
  const inherited = { event_id_path: '__proto__.constructor.name', event_type_path: 'constructor.name' };
  const generic = identify(providerOf('none'), request, { payload: { a: 1 }, options: inherited });
  expect(generic).toEqual({ id: null, type: null });
});

const HOSTILE = ['['.repeat(100_000), '&'.repeat(5_000_000), 'a=b&'.repeat(500_000), '{"a":'.repeat(50_000)].map(
  (text) => ({ ...signedRequest(providerOf('github')), body: Buffer.from(text) })
);

// What is quadratic in these takes minutes, and is ended by the runner.
test.for(verifying)('deep, wide and huge bodies neither throw nor take long: $slug', (provider) => {
  for (const request of HOSTILE) {
    expect(judge(provider, request).status).toBe('invalid');
    identify(provider, request, { payload: undefined, options: {} });
    handshake(provider, request, { payload: undefined, secrets: [], options: {}, verdict: invalid });
  }
});

test('every row gives messages of all others as invalid', () => {
  for (const sender of signable) {
    const request = signedRequest(sender, { now: NOW });
    for (const receiver of verifying.filter(({ slug }) => slug !== sender.slug)) {
      const verdict = judge(receiver, request, { secrets: [aSecret('another secret'), aSecret('whsec_b3RoZXI=', 2)] });
      expect(verdict.status, `${sender.slug} to ${receiver.slug}`).toBe('invalid');
    }
  }
});
