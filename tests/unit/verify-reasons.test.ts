// The sentence under a refused message has to name what is wrong, so that a person can mend it.

import { expect, test } from 'vitest';
import {
  aSecret,
  judge,
  NOW,
  providerOf,
  secretFor,
  signedRequest,
  URL_OF_SOURCE
} from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { SignedRequest, VerifySecret } from '#lib/server/verify/types.ts';

const message = (headers: HeaderPair[], body = '{}', query = ''): SignedRequest => ({
  method: 'POST',
  url: query === '' ? URL_OF_SOURCE : `https://hooks.example.com/in/source?${query}`,
  path: '',
  query,
  headers,
  body: Buffer.from(body)
});

const reason = (slug: string, request: SignedRequest, secrets: VerifySecret[] = [aSecret('secret')]): string =>
  judge(providerOf(slug), request, { secrets }).reason ?? 'valid';

test('a missing header is named, with who would send it', () => {
  expect(reason('github', message([]))).toBe(
    'The header X-Hub-Signature-256 is missing: GitHub sends it once its secret is set there.'
  );
  expect(reason('shopify', message([]))).toMatch(
    /^The header X-Shopify-Hmac-Sha256 or the header Shopify-Hmac-Sha256 is /
  );
});

test('another provider’s header is a hint, and only that', () => {
  const stripe = signedRequest(providerOf('stripe'), { secret: 'secret' });
  expect(reason('github', stripe)).toBe(
    'The header X-Hub-Signature-256 is missing: GitHub sends it once its secret is set there.' +
      " It carries Stripe-Signature, as Stripe or Stripe thin events (v2) would send: check the source's provider."
  );
});

test('a wrong form is shown beside the right one', () => {
  const wrong: [slug: string, header: string, value: string, expected: string][] = [
    ['github', 'X-Hub-Signature-256', 'sha1=ab', 'sha256=<64 lower-case hex characters>'],
    ['stripe', 'Stripe-Signature', 't=1', 't=<unix seconds>,v1=<64 lower-case hex characters>'],
    ['shopify', 'X-Shopify-Hmac-Sha256', 'ab', '<44 base64 characters>'],
    ['standard-webhooks', 'webhook-signature', 'v1,', 'v1,<44 base64 characters>'],
    ['generic-bearer', 'Authorization', 'Basic ab', 'Bearer <the secret>'],
    ['generic-basic', 'Authorization', 'Bearer ab', 'Basic <base64>']
  ];
  for (const [slug, header, value, expected] of wrong) {
    const said = reason(slug, message([[header, value]]));
    expect(said).toBe(`The header ${header} has the wrong format: expected ${expected}.`);
  }
});

test('a timestamp that is none is named', () => {
  const signature: HeaderPair = ['X-Slack-Signature', `v0=${'0'.repeat(64)}`];
  expect(reason('slack', message([signature]))).toBe('The header X-Slack-Request-Timestamp is missing.');
  for (const text of ['soon', '1e9', '-1', '0x10', ' 1', '1.5', '99999999999999', 'Infinity']) {
    const said = reason('slack', message([signature, ['X-Slack-Request-Timestamp', text]]));
    expect(said, text).toBe('The header X-Slack-Request-Timestamp has the wrong format: expected <unix seconds>.');
  }
  const twice = `t=${NOW / 1000},t=${NOW / 1000},v1=${'0'.repeat(64)}`;
  expect(reason('stripe', message([['Stripe-Signature', twice]]))).toContain('wrong format');
});

test('secrets that do not match are counted', () => {
  const request = signedRequest(providerOf('github'), { secret: 'right' });
  const said = reason('github', request, [aSecret('wrong'), aSecret('older', 2)]);
  expect(said).toContain('No secret matches (2 tried)');
});

test('white space pasted along with a secret is pointed at', () => {
  const request = signedRequest(providerOf('github'), { secret: 'right' });
  expect(reason('github', request, [aSecret('right\n')])).toContain(
    'The secret "secret 1" begins or ends with white space.'
  );
  expect(reason('github', request, [aSecret('wrong')])).not.toContain('white space');
});

test('a secret that cannot be a key is named, with what it has to be', () => {
  const standard = signedRequest(providerOf('standard-webhooks'));
  expect(reason('standard-webhooks', standard, [aSecret('whsec_not base64!')])).toBe(
    'The secret "secret 1" cannot be used: it must be base64, with or without whsec_ before it.' +
      ' Paste it again as the provider shows it.'
  );
  // Empty keys: anybody could sign by them.
  for (const secret of ['whsec_', 'v1,whsec_', 'whsec_=', 'whsec_A', 'A=']) {
    const keyless = judge(providerOf('standard-webhooks'), standard, { secrets: [aSecret(secret)] });
    expect(keyless.reason, secret).toContain('cannot be used');
  }
  const adyen = signedRequest(providerOf('adyen'));
  // Read leniently, the first would be the right key, and the others a short or an empty one.
  for (const secret of [`${secretFor(providerOf('adyen'))}zz`, '0', '0x0', 'key']) {
    expect(reason('adyen', adyen, [aSecret(secret)]), secret).toContain('it must be hexadecimal');
  }
});

test('a list of signed items that is none, or empty, is no list', () => {
  for (const items of ['[]', '{}', '"x"', 'null']) {
    const said = reason('adyen', message([], `{"notificationItems":${items}}`), [aSecret('00ff')]);
    expect(said, items).toContain('expected a list of 1 to 1000 signed items');
  }
});

test('the clock is only blamed when the signature is right', () => {
  const request = signedRequest(providerOf('slack'), { secret: 'right', now: NOW - 412_000 });
  expect(reason('slack', request, [aSecret('right')])).toBe(
    'Clock 412 s off (limit 300 s): it was signed 412 s before it arrived: it is old, or a replay.'
  );
  expect(reason('slack', request, [aSecret('wrong')])).toContain('No secret matches');
  const ahead = signedRequest(providerOf('slack'), { secret: 'right', now: NOW + 301_000 });
  expect(reason('slack', ahead, [aSecret('right')])).toBe(
    'Clock 301 s off (limit 300 s): it was signed 301 s in the future.'
  );
});

test('of several schemes the one that came furthest is explained', () => {
  const signed = signedRequest(providerOf('gitlab'), { secret: 'whsec_AAAA' });
  expect(reason('gitlab', signed, [aSecret('whsec_BBBB')])).toContain('No secret matches (1 tried)');
  expect(reason('gitlab', message([]), [aSecret('token')])).toContain('The header X-Gitlab-Token is missing');
  expect(reason('gitlab', message([]), [aSecret('whsec_AAAA')])).toContain('The header webhook-signature is missing');
});

test('a body that is not the one of the URL’s hash is said to be changed', () => {
  const request = message([['X-Twilio-Signature', `${'A'.repeat(27)}=`]], '{"a":1}', `bodySHA256=${'0'.repeat(64)}`);
  expect(reason('twilio', request)).toContain('The body was changed on its way');
});

test('a source without verification has the status none and no reason', () => {
  expect(judge(providerOf('none'), message([]), { secrets: [] })).toEqual({
    status: 'none',
    reason: null,
    secretId: null,
    clockSkewSeconds: null
  });
});
