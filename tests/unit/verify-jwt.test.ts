// Tokens that a forger would try: another algorithm, another message, another time. The right one passes beside each.

import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { aSecret, judge, NOW, providerOf, URL_OF_SOURCE } from '../support/signed-requests.ts';

const BODY = '{"id":"a1"}';
const SECRET = 'the shared secret';
const SECONDS = NOW / 1000;
const sha256 = (text: string) => createHash('sha256').update(text);

const upstashClaims = {
  iss: 'Upstash',
  sub: URL_OF_SOURCE,
  exp: SECONDS + 300,
  nbf: SECONDS,
  iat: SECONDS,
  body: sha256(BODY).digest('base64url')
};
const fusionauthClaims = { request_body_sha256: sha256(BODY).digest('base64') };

interface Forged {
  header?: object;
  claims?: object;
  key?: string;
  hash?: string;
}

function token({ header = {}, claims = {}, key = SECRET, hash = 'sha256' }: Forged): string {
  const parts = [{ alg: 'HS256', typ: 'JWT', ...header }, claims];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

function judged(provider: 'upstash' | 'fusionauth', text: string, { secret = SECRET, now = NOW, options = {} } = {}) {
  const name = provider === 'upstash' ? 'Upstash-Signature' : 'X-FusionAuth-Signature-JWT';
  const request = { method: 'POST', url: URL_OF_SOURCE, path: '', query: 'tenant=1', body: Buffer.from(BODY) };
  return judge(
    providerOf(provider),
    { ...request, headers: [[name, text]] },
    {
      secrets: [aSecret(secret)],
      now,
      options
    }
  );
}

const upstash = (forged: Forged, claims: object = {}, now = NOW) =>
  judged('upstash', token({ ...forged, claims: { ...upstashClaims, ...claims } }), { now });

test('a token about this message is valid', () => {
  expect(upstash({})).toMatchObject({ status: 'valid', clockSkewSeconds: 0 });
  expect(judged('fusionauth', token({ claims: fusionauthClaims })).status).toBe('valid');
});

test.each(['none', 'None', 'HS1', 'RS256', 'HS512', ''])('the algorithm "%s" is refused', (alg) => {
  expect(upstash({ header: { alg }, hash: alg === 'HS512' ? 'sha512' : 'sha256' }).reason).toMatch(/wrong format/);
});

test('a token without a signature is refused', () => {
  const [head = '', claims = ''] = token({ header: { alg: 'none' }, claims: upstashClaims }).split('.');
  for (const text of [`${head}.${claims}.`, `${head}.${claims}`, head, '..', `${head}.${claims}.x.y`]) {
    expect(judged('upstash', text).reason, text).toMatch(/wrong format/);
  }
});

test('a public key never serves as an HMAC secret', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const verdict = judged('fusionauth', token({ claims: fusionauthClaims, key: pem }), { secret: pem });
  expect(verdict).toMatchObject({ status: 'invalid' });
  expect(verdict.reason).toMatch(/cannot be used: it must be the shared secret/);
});

test('what has to be understood to trust a token, and is not, refuses it', () => {
  expect(upstash({ header: { crit: ['b64'], b64: false } }).reason).toMatch(/wrong format/);
});

test.each([
  ['iss', 'Somebody'],
  ['iss', undefined],
  ['sub', 'https://hooks.example.com/in/another'],
  ['body', sha256('other').digest('base64url')],
  ['body', sha256(BODY).digest('hex')],
  ['body', undefined],
  ['exp', undefined],
  ['exp', 'never'],
  ['iat', '0']
])('a claim %s of %s is refused and named', (name, value) => {
  expect(upstash({}, { [name]: value }).reason).toContain(`its claim ${name} does not fit`);
});

test('a token counts from its nbf and iat until its exp, measured at the receive time', () => {
  expect(upstash({}, {}, NOW + 299_000).status).toBe('valid');
  expect(upstash({}, {}, NOW + 300_000).reason).toMatch(/had expired 0 s before it arrived/);
  expect(upstash({}, {}, NOW - 60_000).reason).toMatch(/in the future/);
  expect(upstash({}, { nbf: SECONDS + 1 }).status).toBe('invalid');
  expect(upstash({}, { iat: SECONDS + 1 }).status).toBe('invalid');
});

test('a source may set its own leeway, before and after', () => {
  const text = token({ claims: upstashClaims });
  const at = (seconds: number) =>
    judged('upstash', text, { now: NOW + seconds * 1000, options: { tolerance_seconds: 10 } }).status;
  expect([-11, -10, 309, 310].map(at)).toEqual(['invalid', 'valid', 'valid', 'invalid']);
});
