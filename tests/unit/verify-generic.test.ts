// Schemes put together from a source's options, and what is said of options that cannot be meant.

import { expect, test } from 'vitest';
import { aSecret, judge, NOW, providerOf, signedRequest } from '../support/signed-requests.ts';

const hmac = providerOf('generic-hmac');

const shapes: Record<string, unknown>[] = [
  {},
  { header: 'X-Sig', algorithm: 'sha512', encoding: 'base64', prefix: 'SHA512=' },
  { header: 'X-Sig', template: '{ts}.{body}', timestamp_header: 'X-Time' },
  { template: '{timestamp}.{body}', timestamp_header: 'X-Time', timestamp_unit: 'rfc3339' },
  { template: '{ts}:{body}', signature_part: 'v1', timestamp_part: 't' },
  { template: '{ts}:{body}', signature_part: 's', timestamp_part: 'time', separator: ';', timestamp_unit: 'ms' },
  { template: '{id}.{body}', id_header: 'X-Id', encoding: 'base64url' },
  { template: '{method} {url}\n{query:tenant}\n{header:Host?}{body}' },
  { signature_part: 'v1', separator: ' ', encoding: 'hex-upper', algorithm: 'md5' }
];

test.each(shapes)('what is signed by the options %o is valid by them, and changed is not', (options) => {
  const secret = 'generic secret';
  // The template that signs Host is made without it: the sample's Host comes after signing.
  const signed = signedRequest(hmac, { secret, options });
  const request = { ...signed, headers: signed.headers.filter(([name]) => name !== 'Host') };
  const secrets = [aSecret(secret)];
  expect(judge(hmac, request, { secrets, options })).toMatchObject({ status: 'valid', secretId: 1 });
  const body = Buffer.concat([request.body, Buffer.from(' ')]);
  expect(judge(hmac, { ...request, body }, { secrets, options }).status).toBe('invalid');
  const late = judge(hmac, request, { secrets, options, now: NOW + 301_000 });
  expect(late.status).toBe('timestamp_header' in options || 'timestamp_part' in options ? 'invalid' : 'valid');
});

const problems: [options: Record<string, unknown>, said: string][] = [
  [{ algorithm: 'sha3' }, 'the option algorithm is not one of sha256, sha1, sha384, sha512, md5'],
  [{ encoding: 'latin1' }, 'the option encoding is not one of'],
  [{ key: 'whpk' }, 'the option key is not one of'],
  [{ header: 'X Sig' }, 'the option header is not the name of a header'],
  [{ header: 7 }, 'the option header is not text'],
  [{ template: '{ts}' }, 'the option template leaves out {body}'],
  [{ template: '{ts}.{body}' }, 'name timestamp_header or timestamp_part'],
  [{ timestamp_header: 'X-Time' }, 'leaves out {ts}, so that anybody could change the time'],
  [{ template: '{secret}{body}' }, 'has {secret}, which is the key already'],
  [{ template: '{id}.{body}' }, 'has {id}: name id_header'],
  [{ template: '{body}{nonce}' }, '{nonce} is not known: use {body}'],
  [{ template: '{ts}{body}', timestamp_part: 't' }, 'needs signature_part']
];

test.each(problems)('the options %o verify nothing and say why', (options, said) => {
  const request = signedRequest(hmac, { secret: 'secret' });
  const verdict = judge(hmac, request, { secrets: [aSecret('secret')], options });
  expect(verdict.status).toBe('invalid');
  expect(verdict.reason).toContain('The source cannot verify anything yet: ');
  expect(verdict.reason).toContain(said);
});

test('a changed options object is another scheme', () => {
  const request = signedRequest(hmac, { secret: 'secret' });
  const secrets = [aSecret('secret')];
  expect(judge(hmac, request, { secrets, options: {} }).status).toBe('valid');
  expect(judge(hmac, request, { secrets, options: { header: 'X-Other' } }).reason).toContain('X-Other is missing');
});

test('a token is compared as it is, also beyond ASCII', () => {
  const token = providerOf('generic-token');
  const options = { header: 'X-Api-Key', prefix: 'key ' };
  const request = signedRequest(token, { secret: 'geheim', options });
  expect(judge(token, request, { secrets: [aSecret('geheim')], options }).status).toBe('valid');
  expect(judge(token, request, { secrets: [aSecret('Geheim')], options }).status).toBe('invalid');
  const sent = (value: string) => ({ ...request, headers: [['X-Api-Key', value] satisfies [string, string]] });
  // Node hands a header's UTF-8 bytes on as Latin-1.
  const latin1 = Buffer.from('key schlüssel').toString('latin1');
  expect(judge(token, sent(latin1), { secrets: [aSecret('schlüssel')], options }).status).toBe('valid');
  // š is U+0161: cut to one byte it would be an a.
  expect(judge(token, sent('key š'), { secrets: [aSecret('a')], options }).status).toBe('invalid');
});

test('every provider says which options it takes, each with a name of its own', () => {
  const names = hmac.options.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['header', 'algorithm', 'encoding', 'prefix', 'template', 'key']));
  expect(new Set(names).size).toBe(names.length);
  expect(providerOf('stripe').options.map(({ name }) => name)).toEqual(['tolerance_seconds']);
  expect(providerOf('none').options.map(({ name }) => name)).toContain('event_id_path');
  expect(providerOf('github').options).toEqual([]);
});
