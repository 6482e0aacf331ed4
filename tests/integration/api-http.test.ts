// The API as the built server serves it: what only HTTP shows, and the contract's main path from outside.

import { afterAll, describe, expect, test } from 'vitest';
import { field, idOf } from '../support/api-parts.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { until } from '../support/until.ts';

const holdfast = await startHoldfast();
afterAll(() => holdfast.stop());

const key = { authorization: `Bearer ${holdfast.apiKey}` };

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(holdfast.url + path, { headers: key, ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const json: unknown = isJson && text !== '' ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, json };
}

const post = (path: string, body: string | object) =>
  call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('errors are JSON, whoever asks what', () => {
  const SOURCES = '/api/v1/sources';

  test.each([
    ['GET', {}],
    ['POST', {}],
    ['POST', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['DELETE', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['GET', { authorization: 'Bearer wrong' }],
    ['POST', { authorization: 'Basic eDp5' }]
  ])('%s without a good key: %j', async (method, headers) => {
    const path = method === 'DELETE' ? `${SOURCES}/1` : SOURCES;
    const answer = await call(path, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ error: 'unauthorized' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test.each(['/api/v1/nope', '/api/v1', '/api', '/api/v2/sources', '/api/v1/sources/1/2/3'])('%s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await call(path, { method });
      expect(answer.status).toBe(404);
      expect(answer.json).toMatchObject({ error: 'not_found' });
    }
  });

  test('a method that is not taken', async () => {
    const answer = await call(SOURCES, { method: 'PUT', body: '{}' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD');
    expect(answer.json).toMatchObject({ error: 'method_not_allowed' });
  });

  test('a body that is not JSON, or too large', async () => {
    expect(await post(SOURCES, '{"provider":')).toMatchObject({ status: 400, json: { error: 'invalid_json' } });
    const large = await post(SOURCES, JSON.stringify({ provider: 'none', name: 'x'.repeat(700_000) }));
    expect(large).toMatchObject({ status: 413, json: { error: 'too_large' } });
  });
});

test('HEAD is GET without a body', async () => {
  expect(await call('/api/v1/messages', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('the document is for everybody', async () => {
  const answer = await call('/api/v1/openapi.json', { headers: {} });
  expect(answer).toMatchObject({ status: 200, json: { openapi: '3.1.0', servers: [{ url: holdfast.url }] } });
});

test('from a source to its message, byte for byte, and out again', async () => {
  const created = await post('/api/v1/sources', { slug: 'shop', provider: 'none', name: 'Shop' });
  expect(created).toMatchObject({ status: 201, json: { slug: 'shop', url: `${holdfast.url}/in/shop` } });
  expect(created.headers.get('cache-control')).toBe('no-store');

  const body = '{ "id": 12345678901234567890, "a": "\\u0000" }\r\n';
  const sent = await call('/in/shop/a/b?c=d', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'X-Case': 'Kept' }
  });
  expect(sent.status).toBe(200);
  const id = String(field(sent, 'id'));
  const path = `/api/v1/messages/${id}`;

  const message = await call(path);
  expect(message.json).toMatchObject({
    ...{ id, method: 'POST', path: '/in/shop/a/b', query: 'c=d', size: body.length, status: 'none', deliveries: [] },
    source: { slug: 'shop', name: 'Shop' },
    verification: { status: 'none', reason: null },
    duplicate_of: null
  });
  expect(message.text).toContain('"id": 12345678901234567890');
  expect((await call(`${path}/body`)).text).toBe(body);
  expect((await call('/api/v1/messages?source=shop')).json).toMatchObject({ data: [{ id }], next_cursor: null });

  expect((await call(path, { method: 'DELETE' })).status).toBe(204);
  expect((await call(path)).status).toBe(404);
});

test('a key that was made works; once revoked it does not', async () => {
  const made = await post('/api/v1/keys', { name: 'Reader', role: 'viewer' });
  expect(made).toMatchObject({ status: 201, json: { role: 'viewer' } });
  const headers = { authorization: `Bearer ${String(field(made, 'key'))}` };
  expect((await call('/api/v1/sources', { headers })).status).toBe(200);
  expect((await call('/api/v1/sources', { headers, method: 'POST', body: '{"provider":"none"}' })).status).toBe(403);
  expect((await call(`/api/v1/keys/${idOf(made)}`, { method: 'DELETE' })).status).toBe(204);
  await until(async () => (await call('/api/v1/sources', { headers })).status === 401);
});
