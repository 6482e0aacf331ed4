// Known ways around signature checks of one kind or another, each tried where it would work.

import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
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
import { sign } from '#lib/server/verify/sign.ts';
import type { SignedRequest } from '#lib/server/verify/types.ts';

test('a public key is never a key of an HMAC: everybody knows it', () => {
  const standard = providerOf('standard-webhooks');
  const whpk = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
  const [id, time, body] = ['msg_1', String(NOW / 1000), '{}'];
  const keys = [whpk, whpk.slice(5)].flatMap((text) => [Buffer.from(text, 'base64'), Buffer.from(text)]);
  for (const key of keys) {
    const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    const headers: HeaderPair[] = [
      ['webhook-id', id],
      ['webhook-timestamp', time],
      ['webhook-signature', `v1,${signature} v1a,${signature}`]
    ];
    const request = { method: 'POST', url: URL_OF_SOURCE, path: '', query: '', headers, body: Buffer.from(body) };
    expect(judge(standard, request, { secrets: [aSecret(whpk)] }).status).toBe('invalid');
  }
});

test('an ed25519 signature has one spelling, too', () => {
  const standard = providerOf('standard-webhooks');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const whpk = `whpk_${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`;
  const body = Buffer.from('{}');
  const signature = signBytes(null, Buffer.from(`msg_1.${NOW / 1000}.{}`), privateKey).toString('base64');
  const judged = (text: string): string => {
    const headers: HeaderPair[] = [
      ['webhook-id', 'msg_1'],
      ['webhook-timestamp', String(NOW / 1000)],
      ['webhook-signature', `v1a,${text}`]
    ];
    const request = { method: 'POST', url: URL_OF_SOURCE, path: '', query: '', headers, body };
    return judge(standard, request, { secrets: [aSecret(whpk)] }).status;
  };
  const respelled = signature.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`);
  expect(Buffer.from(respelled, 'base64')).toEqual(Buffer.from(signature, 'base64'));
  expect(judged(signature)).toBe('valid');
  expect(judged(respelled)).toBe('invalid');
});

test('a form with more fields than are sorted is refused, not covered in part', () => {
  const twilio = providerOf('twilio');
  const formOf = (fields: number): string =>
    Array.from({ length: fields }, (_, index) => `f${index}=${index}`).join('&');
  const signed = (body: string): SignedRequest => {
    const headers = sign(twilio, { secret: secretFor(twilio), body, now: NOW, method: 'POST', url: URL_OF_SOURCE });
    return { method: 'POST', url: URL_OF_SOURCE, path: '', query: 'tenant=1', headers, body: Buffer.from(body) };
  };
  expect(judge(twilio, signed(formOf(2000))).status).toBe('valid');
  expect(() => signed(formOf(2001))).toThrow('form of at most 2000 fields');
  const longer = { ...signed(formOf(2000)), body: Buffer.from(formOf(2001)) };
  expect(judge(twilio, longer).reason).toBe('The form of at most 2000 fields is missing.');
});

test('a secret that is changed in its object is another secret', () => {
  const github = providerOf('github');
  const request = signedRequest(github);
  const secret = aSecret(secretFor(github));
  expect(judge(github, request, { secrets: [secret] }).status).toBe('valid');
  secret.value = 'changed';
  expect(judge(github, request, { secrets: [secret] }).status).toBe('invalid');
});

test('a base64 signature whose unused bits are set is refused', () => {
  const shopify = providerOf('shopify');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const request = signedRequest(shopify);
  const respelled = (value: string): string => {
    const last = alphabet.indexOf(value.at(-2) ?? '');
    return `${value.slice(0, -2)}${alphabet[last + 1] ?? ''}=`;
  };
  const name = 'X-Shopify-Hmac-Sha256';
  const original = request.headers.find(([each]) => each === name)?.[1] ?? '';
  // Buffer.from takes both for the same bytes: this is the spelling that a decoding check lets through.
  expect(Buffer.from(respelled(original), 'base64')).toEqual(Buffer.from(original, 'base64'));
  const headers = request.headers.map(([each, value]): HeaderPair => [each, each === name ? respelled(value) : value]);
  expect(judge(shopify, { ...request, headers }).status).toBe('invalid');
});
