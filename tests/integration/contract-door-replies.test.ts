// What some providers insist on reading, for every message: taken or refused.

import { createHmac } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { make, messageOf, post, send } from '../support/outside.ts';

const SECRET = 'a secret of theirs';
const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());
const source = (provider: string) => make(holdfast, '/sources', { slug: provider, provider, secrets: [SECRET] });
const mac = (body: string, encoding: 'hex' | 'base64') => createHmac('sha256', SECRET).update(body).digest(encoding);

test('Xero: nothing but a status, also where the signature is wrong on purpose; both are logged', async () => {
  await source('xero');
  const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0}';
  const wrong = await post(holdfast, 'xero', { body, headers: { 'x-xero-signature': mac('another', 'base64') } });
  expect({ status: wrong.status, text: wrong.text }).toEqual({ status: 401, text: '' });
  const right = await post(holdfast, 'xero', { body, headers: { 'x-xero-signature': mac(body, 'base64') } });
  expect({ status: right.status, text: right.text }).toEqual({ status: 200, text: '' });
  for (const [answer, status] of [[wrong, 'invalid'] as const, [right, 'valid'] as const]) {
    const id = answer.headers.get('holdfast-message-id') ?? '';
    expect(await messageOf(holdfast, id)).toMatchObject({ verification: { status } });
  }
});

test('GoCardless: 498 for a signature that is wrong, with the reason', async () => {
  await source('gocardless');
  const wrong = await post(holdfast, 'gocardless', { body: '{}', headers: { 'webhook-signature': 'abc' } });
  expect(wrong).toMatchObject({ status: 498, body: { error: 'invalid_signature', id: expect.any(String) as string } });
  const right = await post(holdfast, 'gocardless', { body: '{}', headers: { 'webhook-signature': mac('{}', 'hex') } });
  expect(right).toMatchObject({ status: 200, body: { id: expect.any(String) as string } });
});

test('Adobe Sign: the client id comes back on every answer, but not to somebody who has none', async () => {
  await source('adobe-sign');
  const headers = { 'x-adobesign-clientid': SECRET.replaceAll(' ', '_') };
  await make(holdfast, '/sources/adobe-sign/secrets', { value: headers['x-adobesign-clientid'] });
  const asked = await send(holdfast, '/in/adobe-sign', { headers });
  expect(asked.headers.get('x-adobesign-clientid')).toBe(headers['x-adobesign-clientid']);
  const taken = await post(holdfast, 'adobe-sign', { body: '{}', headers });
  expect(taken).toMatchObject({ status: 200, body: { id: expect.any(String) as string } });
  expect(taken.headers.get('x-adobesign-clientid')).toBe(headers['x-adobesign-clientid']);
  const forged = await post(holdfast, 'adobe-sign', { body: '{}', headers: { 'x-adobesign-clientid': 'another' } });
  expect(forged.status).toBe(401);
  expect(forged.headers.get('x-adobesign-clientid')).toBeNull();
});
