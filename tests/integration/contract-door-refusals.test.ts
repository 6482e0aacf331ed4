// The first row of the contract: what a sender is refused, with which words, and what of it is in the log.

import { createHmac } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { listUnknownRequests } from '#lib/server/door/unknown-requests.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { allMessages, make, messageOf, post, send } from '../support/outside.ts';
import { sendRaw } from '../support/raw-request.ts';
import { until } from '../support/until.ts';

const MAX_BODY_BYTES = 100_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const database = await testDatabase();
const env = { MAX_BODY_BYTES: String(MAX_BODY_BYTES), TRUSTED_PROXIES: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());
const source = (slug: string, more: Record<string, unknown> = {}) =>
  make(holdfast, '/sources', { slug, provider: 'none', ...more });
await source('any');

const logged = (slug: string) => allMessages(holdfast, `source=${slug}`);

test('404 for a source that is not there, and admins are shown the request', async () => {
  const rests = ['', 'nobody', 'nobody/any', 'ANY', 'any%20', '%61ny', 'x'.repeat(5000)];
  const paths = rests.map((rest) => `/in/${rest}`);
  for (const path of paths) {
    const answer = await send(holdfast, path, { method: 'POST', body: '{}' });
    const message = expect.stringContaining('There is no source') as string;
    expect(answer).toMatchObject({ status: 404, body: { error: 'unknown_source', message } });
  }
  const remembered = async () =>
    (await listUnknownRequests(database.web)).map(({ path }) => path).filter((path) => !path.includes('at-once'));
  await until(async () => (await remembered()).length === paths.length);
  expect(await remembered()).toEqual(paths.map((path) => path.slice(0, 500)).toReversed());
});

test('401 for a bad signature, with the reason, and logged', async () => {
  await source('signed', { provider: 'generic-hmac', secrets: ['s3cret'], options: { header: 'X-Signature' } });
  const answer = await post(holdfast, 'signed', { body: '{}', headers: { 'x-signature': 'abc' } });
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({
    error: 'invalid_signature',
    reason: expect.stringMatching(/\w/) as string,
    id: expect.stringMatching(UUID) as string
  });
  const { reason } = answer.body;
  const id = String(answer.body['id']);
  expect(await messageOf(holdfast, id)).toMatchObject({ verification: { status: 'invalid', reason }, payload: {} });
  const signature = createHmac('sha256', 's3cret').update('{}').digest('hex');
  expect((await post(holdfast, 'signed', { body: '{}', headers: { 'x-signature': signature } })).status).toBe(200);
  expect((await logged('signed')).map((message) => message.verification.status)).toEqual(['valid', 'invalid']);
});

test('405 with Allow for a method that the source does not take, and nothing is logged', async () => {
  await source('methods', { options: { allowed_methods: ['POST', 'PUT'] } });
  const answer = await send(holdfast, '/in/methods?a=b', { method: 'GET' });
  expect(answer).toMatchObject({ status: 405, body: { error: 'method_not_allowed' } });
  expect(answer.headers.get('allow')).toBe('POST, PUT');
  expect((await send(holdfast, '/in/methods', { method: 'PUT', body: '1' })).status).toBe(200);
  expect(await logged('methods')).toHaveLength(1);
});

test('400 where JSON is required, and it is logged', async () => {
  await source('json', { options: { require: 'json' } });
  for (const body of ['', 'a=1', '{', '\ufeff{}']) {
    const answer = await post(holdfast, 'json', { body, headers: { 'content-type': 'application/json' } });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: expect.any(String) as string, message: expect.any(String) as string }
    });
    expect(await messageOf(holdfast, String(answer.body['id']))).toMatchObject({
      verification: { status: 'invalid' }
    });
  }
  expect((await post(holdfast, 'json', { body: '[1]', headers: { 'content-type': 'text/plain' } })).status).toBe(200);
  expect(await logged('json')).toHaveLength(5);
});

test('413 over the limit, declared or not, and the next request is served', async () => {
  await source('large');
  const body = 'x'.repeat(MAX_BODY_BYTES);
  expect((await post(holdfast, 'large', { body })).status).toBe(200);
  expect(await post(holdfast, 'large', { body: `${body}x` })).toMatchObject({
    status: 413,
    body: { error: 'too_large' }
  });
  const chunk = (size: number) => `${size.toString(16)}\r\n${'y'.repeat(size)}\r\n`;
  const head = 'POST /in/large HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunked = await sendRaw(holdfast.url, `${head}${chunk(60_000)}${chunk(60_000)}0\r\n\r\n`);
  expect(chunked).toMatchObject({ status: 413, body: expect.stringContaining(String(MAX_BODY_BYTES)) as string });
  expect((await post(holdfast, 'large', { body: '{}' })).status).toBe(200);
  expect(await logged('large')).toHaveLength(2);
});

test('429 with Retry-After for one sender over the rate; others go on', async () => {
  await source('slow', { options: { rate_limit_per_second: 2 } });
  const from = (address: string) => post(holdfast, 'slow', { body: '{}', headers: { 'x-forwarded-for': address } });
  const answers = await Promise.all(Array.from({ length: 6 }, () => from('203.0.113.1')));
  const statuses = answers.map((answer) => answer.status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
  const limited = answers.find((answer) => answer.status === 429)!;
  expect(limited.body).toMatchObject({
    error: 'rate_limited',
    message: expect.stringContaining('203.0.113.1') as string
  });
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await from('203.0.113.2')).status).toBe(200);
  await until(async () => (await from('203.0.113.1')).status === 200);
});

test.each([
  ['a length that lies', 'POST /in/any HTTP/1.1\r\nhost: x\r\ncontent-length: 2, 3\r\n\r\n{}'],
  [
    'a length and chunks',
    'POST /in/any HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
  ],
  ['no HTTP', 'hello\r\n\r\n'],
  ['a head of 100 KB', `POST /in/any HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`]
])('%s: refused, and nothing is logged', async (_name, bytes) => {
  const before = (await logged('any')).length;
  const { status } = await sendRaw(holdfast.url, bytes);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect((await logged('any')).length).toBe(before);
});
