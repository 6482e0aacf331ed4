// faults.md 10 to 13: whatever comes in is answered, nothing of it harms anyone else, and what is taken is kept byte for
// byte. Through raw sockets, against the real server.

import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { startHoldfast } from '../support/holdfast.ts';
import { bytesOf, make, messageOf, post } from '../support/outside.ts';
import { openRaw, sendRaw } from '../support/raw-request.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const MAX_BODY_BYTES = 25 * MIB;

const holdfast = await startHoldfast();
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'any', provider: 'none' });

const HEAD = 'POST /in/any HTTP/1.1\r\nHost: x\r\n';
const idOf = (answer: { body: string }): string => (JSON.parse(answer.body) as { id: string }).id;
const isServed = async (): Promise<boolean> => (await post(holdfast, 'any', { body: '{}' })).status === 200;

/** Bodies that break those who read them carelessly. */
const POISON: Record<string, string | Buffer> = {
  'NUL bytes': '\0{"a":"\0"}\0',
  'an escaped NUL': '{"a":"\\u0000"}',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0xaf, 0x22, 0x7d]),
  'a cut UTF-8 sequence': Buffer.from('{"a":"€"}').subarray(0, 8),
  'a BOM': '\ufeff{"a":1}',
  'a number past a double': '{"a":1e400000}',
  'a number past 2^53': '{"id":123456789012345678901234567890,"pi":3.14159265358979323846264338327950288}',
  'keys that come twice': '{"a":1,"a":2,"__proto__":{"admin":true},"constructor":{"prototype":{}}}',
  'lone surrogates': '["\\ud800","\\udc00","\\udbff\\udbff","\\udc00\\ud800"]',
  'white space and order': ' {"b" : 1 ,\r\n\t"10":2,"9":3}  \n',
  '100,000 levels': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  '100,000 levels of objects': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'nothing but quotes': '"'.repeat(10_001),
  nothing: ''
};

test('poison among good neighbours, all at once: each is kept byte for byte', async () => {
  const neighbour = (i: number) => `{"good":${i}}`;
  const bodies = Object.entries(POISON).flatMap(([name, body], i) => [
    { name, body },
    { name: `the neighbour of ${name}`, body: neighbour(i) }
  ]);
  const answers = await Promise.all(bodies.map(({ body }) => post(holdfast, 'any', { body })));
  for (const [i, { name, body }] of bodies.entries()) {
    expect(answers[i]?.status, name).toBe(200);
    const id = String(answers[i]?.body['id']);
    expect((await bytesOf(holdfast, id)).equals(Buffer.from(body)), name).toBe(true);
    expect(await messageOf(holdfast, id), name).toMatchObject({ size: Buffer.byteLength(body), body_dropped: false });
  }
  const listed = await holdfast.api('/messages?q=good&limit=1000');
  expect(listed.status).toBe(200);
});

test.each([
  ['one string', () => Buffer.from(`"${'x'.repeat(MAX_BODY_BYTES - 2)}"`)],
  ['bytes', () => Buffer.alloc(MAX_BODY_BYTES, 0xfe)]
])('25 MiB of %s are kept byte for byte; one byte more is refused', async (_name, make25) => {
  const body = make25();
  const answer = await post(holdfast, 'any', { body });
  expect(answer.status, answer.text).toBe(200);
  expect((await bytesOf(holdfast, String(answer.body['id']))).equals(body)).toBe(true);
  const more = await post(holdfast, 'any', { body: Buffer.concat([body, Buffer.from(' ')]) });
  expect(more).toMatchObject({ status: 413, body: { error: 'too_large' } });
});

test('a compressed body is kept as it came', async () => {
  const body = gzipSync(JSON.stringify({ a: 'x'.repeat(1000) }));
  const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
  const id = String((await post(holdfast, 'any', { body, headers })).body['id']);
  expect((await bytesOf(holdfast, id)).equals(body)).toBe(true);
  expect((await messageOf(holdfast, id)).headers).toContainEqual(['content-encoding', 'gzip']);
});

test('thousands of headers, some a hundred times: all kept, in order', async () => {
  const pairs = Array.from({ length: 3000 }, (_, i): [string, string] => [
    i % 30 === 0 ? 'X-Again' : `x-${i}`,
    `v${i}`
  ]);
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const answer = await sendRaw(holdfast.url, `${HEAD}${lines}Content-Length: 2\r\n\r\n{}`);
  expect(answer.status).toBe(200);
  expect((await messageOf(holdfast, idOf(answer))).headers).toEqual([['Host', 'x'], ...pairs, ['Content-Length', '2']]);
});

test('a head that is too large is refused with 431, and the next request is served', async () => {
  const answer = await sendRaw(holdfast.url, `${HEAD}X-Long: ${'x'.repeat(70_000)}\r\n\r\n`);
  expect(answer.status).toBe(431);
  expect(await isServed()).toBe(true);
});

test('over the limit by Content-Length: refused before any of it is sent', async () => {
  const answer = await sendRaw(holdfast.url, `${HEAD}Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`);
  expect(answer).toMatchObject({ status: 413, body: expect.stringContaining(`${MAX_BODY_BYTES} bytes`) as string });
  expect(answer.head).toMatch(/^connection: close$/im);
});

test.each([
  ['by Content-Length', `Content-Length: ${40 * MIB}\r\n\r\n`, (part: Buffer) => part],
  [
    'in chunks',
    'Transfer-Encoding: chunked\r\n\r\n',
    (part: Buffer) => Buffer.concat([Buffer.from('100000\r\n'), part, Buffer.from('\r\n')])
  ]
])('over the limit %s: a sender that sends all before it listens still reads why', async (_name, head, wrap) => {
  const raw = await openRaw(holdfast.url);
  raw.send(HEAD + head);
  const part = wrap(Buffer.alloc(MIB, 0x61));
  for (let i = 0; i < 40 && !raw.isClosed(); i++) await raw.sent(part);
  const answer = await raw.answer();
  expect(answer).toMatchObject({ status: 413, body: expect.stringContaining('too_large') as string });
  expect(await isServed()).toBe(true);
});

test('Expect: 100-continue is told to go on, or why not', async () => {
  const raw = await openRaw(holdfast.url);
  raw.send(`${HEAD}Expect: 100-continue\r\nContent-Length: 7\r\n\r\n`);
  await until(() => raw.text().startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
  raw.send('{"a":1}');
  const answer = await raw.answer();
  expect(answer.status).toBe(200);
  expect((await bytesOf(holdfast, idOf(answer))).toString()).toBe('{"a":1}');
  for (const [head, status] of [
    [`${HEAD}Expect: 100-continue\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`, 413],
    ['POST /in/nobody HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n', 404]
  ] as const) {
    const refused = await sendRaw(holdfast.url, head);
    expect(refused.status).toBe(status);
    expect(refused.head).not.toContain('100 Continue');
  }
  const page = await sendRaw(
    holdfast.url,
    'POST /login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na'
  );
  expect(page.head).toContain('100 Continue');
});

test('a body that ends before its length is not taken, and a second request is not made of the rest', async () => {
  const before = await holdfast.api('/messages?limit=1');
  const raw = await openRaw(holdfast.url);
  raw.send(`${HEAD}Content-Length: 100\r\n\r\n{"short":true}`);
  raw.end();
  await until(raw.isClosed);
  const twice = await sendRaw(
    holdfast.url,
    `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HEAD}Content-Length: 2\r\n\r\n{}`
  );
  expect(twice.status).toBe(400);
  expect((await holdfast.api('/messages?limit=1')).body).toEqual(before.body);
});

const PATHS = [
  ...[
    '/in/any/%00',
    '/in/any/%',
    '/in/any/../../etc/passwd',
    '/in/any/%2e%2e/x',
    '/in/any//',
    '/in/any/\\x',
    '/in/any?%00=%'
  ],
  ...[`/in/any/${'a'.repeat(8000)}`, `/in/any?${'q'.repeat(8000)}`]
];

test.each(PATHS.map((path) => [path.slice(0, 40), path]))('the path %j is taken as it is', async (_name, path) => {
  const answer = await sendRaw(
    holdfast.url,
    Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`, 'latin1')
  );
  expect(answer.status, answer.body).toBe(200);
  const message = await messageOf(holdfast, idOf(answer));
  expect(message.path + (message.query && `?${message.query}`)).toBe(path);
});

test.each([
  ...[
    '/%',
    '/%00',
    '/%ff',
    '/inbox/%',
    '/api/v1/messages/%00',
    '/api/v1/%2e%2e/x',
    '//',
    '/in',
    '/in%2fany',
    '/\\',
    '*',
    '/?%'
  ],
  ...[
    '/api/v1/live?topics=%00',
    '/api/v1/live?since=%',
    '/healthz/../in/any',
    `/${'a'.repeat(9000)}`,
    '/in/',
    '/in?a=b'
  ]
])('the path %j is refused in words, not by a failure', async (path) => {
  const method = path === '*' ? 'OPTIONS' : 'GET';
  const answer = await sendRaw(holdfast.url, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer.status).toBeGreaterThanOrEqual(200);
  expect(answer.status).toBeLessThan(500);
});

test('an absolute URL in the request line means its path', async () => {
  const answer = await sendRaw(
    holdfast.url,
    'POST http://else.example:1/in/any/x?y HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
  );
  expect(answer.status, answer.body).toBe(200);
  expect(await messageOf(holdfast, idOf(answer))).toMatchObject({ path: '/in/any/x', query: 'y' });
});

test('requests in one go on one connection are each answered, in order', async () => {
  const one = (i: number) => `${HEAD}Content-Length: 7\r\n\r\n{"n":${i}}`;
  const raw = await openRaw(holdfast.url);
  raw.send(Array.from({ length: 9 }, (_, i) => one(i + 1)).join(''));
  await until(() => raw.text().match(/"id":"/g)?.length === 9);
  raw.end();
  const ids = [...raw.text().matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id ?? '');
  const bodies = await Promise.all(ids.map((id) => bytesOf(holdfast, id)));
  expect(bodies.map(String)).toEqual(Array.from({ length: 9 }, (_, i) => `{"n":${i + 1}}`));
});
