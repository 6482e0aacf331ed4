// The first row of the contract: what a sender may send, and what is in the log afterwards. Its refusals are beside.

import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { allMessages, bytesOf, make, messageOf, post, send } from '../support/outside.ts';
import { sendRaw } from '../support/raw-request.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url, env: { TRUSTED_PROXIES: '127.0.0.1/32' } });
afterAll(() => holdfast.stop());
const source = (slug: string, more: Record<string, unknown> = {}) =>
  make(holdfast, '/sources', { slug, provider: 'none', ...more });
await source('any');

test.each(['', '/', '/a', '/a/b/c', '/a?b=c', '?b=c&b=d', '/%00%2e%2e/%zz', '//double', '/../other', '/\'";<script>'])(
  '/in/any%s',
  async (rest) => {
    const path = `/in/any${rest}`;
    const answer = await sendRaw(holdfast.url, `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`);
    expect(answer.status).toBe(200);
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(['id']);
    const { id } = JSON.parse(answer.body) as { id: string };
    expect(id).toMatch(UUID);
    const message = await messageOf(holdfast, id);
    expect(message.path + (message.query && `?${message.query}`)).toBe(path);
  }
);

test('../ and its kind are left as they are: the source is what stands first', async () => {
  const answer = await sendRaw(holdfast.url, 'POST /in/any/../other HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  const { id } = JSON.parse(answer.body) as { id: string };
  expect(await messageOf(holdfast, id)).toMatchObject({ source: { slug: 'any' }, path: '/in/any/../other' });
});

test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s, with its data in the query',
  async (method) => {
    const answer = await send(holdfast, `/in/any?method=${method}`, { method });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const [found] = await allMessages(holdfast, `source=any&q=method=${method}`);
    expect(found).toMatchObject({ method, query: `method=${method}`, size: 0 });
  }
);

test.each([
  ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2'],
  [
    'a form from another site',
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
  ],
  ['text', 'text/plain', 'hello'],
  ['XML', 'application/xml', '<a/>'],
  ['JSON that is none', 'application/json', '{"a":'],
  [
    'big numbers, repeated keys, white space',
    'application/json',
    ' {"a":12345678901234567890, "a":1e400000,"\\u0000":"\\ud800"}\n'
  ],
  ['a BOM', 'application/json', '\ufeff{}'],
  ['nothing', 'application/json', '']
])('%s', async (_name, type, body) => {
  const headers = { 'content-type': type, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
  const answer = await post(holdfast, 'any', { body, headers });
  expect(answer.status).toBe(200);
  const id = String(answer.body['id']);
  expect((await bytesOf(holdfast, id)).equals(Buffer.from(body))).toBe(true);
  expect(await messageOf(holdfast, id)).toMatchObject({ content_type: type, size: Buffer.byteLength(body) });
});

test('without a content type, headers kept in their order, case and repeats', async () => {
  const lines = ['Host: x', 'X-b: 1', 'x-B: 2', 'Content-Length: 3', 'X-Empty: ', 'X-Latin: \xe9'];
  const bytes = Buffer.from(`POST /in/any HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nabc`, 'latin1');
  const { id } = JSON.parse((await sendRaw(holdfast.url, bytes)).body) as { id: string };
  const message = await messageOf(holdfast, id);
  expect(message.content_type).toBeNull();
  expect(message.headers.map(([name, value]) => `${name}: ${value}`)).toEqual(lines);
});

test('the address is what a trusted proxy says', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' };
  const { body } = await post(holdfast, 'any', { body: '{}', headers });
  expect(await messageOf(holdfast, String(body['id']))).toMatchObject({ remote_ip: '203.0.113.7' });
  const plain = await post(holdfast, 'any', { body: '{}' });
  expect(await messageOf(holdfast, String(plain.body['id']))).toMatchObject({ remote_ip: '127.0.0.1' });
});

test('a source takes messages the moment it was made, changed, and no more once it is deleted', async () => {
  for (let round = 0; round < 3; round += 1) {
    const made = await source(`at-once-${round}`);
    expect((await post(holdfast, `at-once-${round}`, { body: '{}' })).status).toBe(200);
    const change = { method: 'PATCH', body: { options: { allowed_methods: ['PUT'] } } };
    expect((await holdfast.api(`/sources/${made.id}`, change)).status).toBe(200);
    expect((await post(holdfast, `at-once-${round}`, { body: '{}' })).status).toBe(405);
    expect((await holdfast.api(`/sources/${made.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await post(holdfast, `at-once-${round}`, { body: '{}' })).status).toBe(404);
  }
});

test('the curl line printed at start works as pasted, and is in the list', async () => {
  const line = /curl .*/.exec(holdfast.output())![0];
  const printed = execFileSync('sh', ['-c', `${line} -s`], { encoding: 'utf8' });
  const { id } = JSON.parse(printed) as { id: string };
  const [newest] = await allMessages(holdfast);
  expect(newest).toMatchObject({ id, content_type: 'application/json', verification: { status: 'none' } });
  expect(await messageOf(holdfast, id)).toMatchObject({ payload: { hello: 'world' } });
});

test('a Slack endpoint is set up: the challenge comes back, signed ones only, and is logged as a handshake', async () => {
  await source('slack', { provider: 'slack', secrets: ['slack-secret'] });
  const body = JSON.stringify({
    type: 'url_verification',
    token: 'x',
    challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac('sha256', 'slack-secret').update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const headers = {
    'content-type': 'application/json',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature
  };
  const answer = await post(holdfast, 'slack', { body, headers });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const forged = await post(holdfast, 'slack', { body, headers: { ...headers, 'x-slack-signature': 'v0=00' } });
  expect(forged.text).not.toContain('3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P');
  expect((await allMessages(holdfast, 'source=slack')).map(({ origin }) => origin)).toContain('handshake');
});
