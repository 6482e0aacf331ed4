// Our rows against the providers' own libraries, both ways: what they sign we accept, what we sign they accept.

import { sign as githubSign, verify as githubVerify } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { aSecret, judge, NOW, providerOf, signedRequest, tryJson, URL_OF_SOURCE } from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { SignedRequest } from '#lib/server/verify/types.ts';

const bodies = [
  '{"id":"evt_1","type":"a.b"}',
  '{}',
  ' \n{"emoji":"👩‍👩‍👧","text":"Zoë\\u0000"}\r\n',
  'not json',
  'x'.repeat(100_000)
];
const SECONDS = NOW / 1000;

const request = (body: string, headers: HeaderPair[]): SignedRequest => ({
  method: 'POST',
  url: URL_OF_SOURCE,
  path: '',
  query: 'tenant=1',
  headers,
  body: Buffer.from(body)
});

const headerOf = ({ headers }: SignedRequest, name: string): string =>
  headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? '';

test.each(bodies)('Stripe’s library signs, we accept (body %#)', (payload) => {
  const secret = 'whsec_test';
  const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: SECONDS });
  const signed = request(payload, [['Stripe-Signature', header]]);
  expect(judge(providerOf('stripe'), signed, { secrets: [aSecret(secret)] }).status).toBe('valid');
  expect(judge(providerOf('stripe'), signed, { secrets: [aSecret('whsec_other')] }).status).toBe('invalid');
});

test('what we sign, Stripe’s library accepts as an event', () => {
  const signed = signedRequest(providerOf('stripe'), { secret: 'whsec_test' });
  const header = headerOf(signed, 'stripe-signature');
  const event = Stripe.webhooks.constructEvent(signed.body, header, 'whsec_test', 300, undefined, NOW);
  expect(event).toMatchObject({ type: 'payment_intent.succeeded' });
});

test('Stripe’s library takes a timestamp a year ahead; we do not', () => {
  const [secret, payload, ahead] = ['whsec_test', '{}', SECONDS + 31_536_000];
  const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: ahead });
  expect(Stripe.webhooks.signature?.verifyHeader(payload, header, secret, 300, undefined, NOW)).toBe(true);
  const signed = request(payload, [['Stripe-Signature', header]]);
  expect(judge(providerOf('stripe'), signed, { secrets: [aSecret(secret)] }).reason).toContain('Clock 31536000 s off');
});

test('Stripe’s library takes bytes that it decodes alike; we do not', () => {
  const [secret, payload] = ['whsec_test', '{"name":"\ufffd"}'];
  const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: SECONDS });
  // One byte that is no UTF-8 in place of the replacement character that it is decoded to.
  const [before = '', after = ''] = payload.split('\ufffd');
  const broken = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
  const marked = Buffer.concat([Buffer.from('\ufeff'), Buffer.from(payload)]);
  for (const body of [broken, marked]) {
    expect(Stripe.webhooks.signature?.verifyHeader(body, header, secret, 300, undefined, NOW)).toBe(true);
    const signed = { ...request('', [['Stripe-Signature', header]]), body };
    expect(judge(providerOf('stripe'), signed, { secrets: [aSecret(secret)] }).status).toBe('invalid');
  }
});

test.each(bodies)('GitHub’s library signs, we accept (body %#)', async (payload) => {
  const signed = request(payload, [['X-Hub-Signature-256', await githubSign('secret', payload)]]);
  expect(judge(providerOf('github'), signed, { secrets: [aSecret('secret')] }).status).toBe('valid');
  expect(judge(providerOf('github'), signed, { secrets: [aSecret('Secret')] }).status).toBe('invalid');
});

test('what we sign, GitHub’s library accepts', async () => {
  const signed = signedRequest(providerOf('github'), { secret: 'secret' });
  const header = headerOf(signed, 'x-hub-signature-256');
  expect(await githubVerify('secret', signed.body.toString(), header)).toBe(true);
});

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test.each(bodies)('the Standard Webhooks library signs, we accept (body %#)', (payload) => {
  const header = new Webhook(WHSEC).sign('msg_1', new Date(NOW), payload);
  const signed = request(payload, [
    ['Webhook-Id', 'msg_1'],
    ['Webhook-Timestamp', String(SECONDS)],
    ['Webhook-Signature', header]
  ]);
  expect(judge(providerOf('standard-webhooks'), signed, { secrets: [aSecret(WHSEC)] }).status).toBe('valid');
  expect(judge(providerOf('gitlab'), signed, { secrets: [aSecret(WHSEC)] }).status).toBe('valid');
});

test('what we sign, the Standard Webhooks library accepts', () => {
  const signed = signedRequest(providerOf('standard-webhooks'), { secret: WHSEC, now: Date.now() });
  const headers = Object.fromEntries(signed.headers.map(([name, value]) => [name.toLowerCase(), value]));
  expect(new Webhook(WHSEC).verify(signed.body, headers)).toEqual(tryJson(signed.body.toString()));
});
