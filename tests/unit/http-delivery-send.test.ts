// One try over HTTP against receivers of every kind: each end is an outcome that says so, within its time.

import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuardedAgent } from '#lib/server/deliver/http/guard.ts';
import { send } from '#lib/server/deliver/http/send.ts';
import { until } from '../support/until.ts';

const TIMEOUT_MS = 300;
const CAP_BYTES = 64 * 1024;

const agent = createGuardedAgent(createAddressCheck(['127.0.0.1/32']));
afterAll(() => agent.destroy());

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
const http = (listener: RequestListener) => listening(createHttpServer(listener));
const tcp = (onData: (socket: Socket) => void) =>
  listening(createTcpServer((socket) => socket.once('data', () => onData(socket))));

const post = (url: string, body: string | Buffer = '{}') =>
  send(agent, url, {
    outgoing: { method: 'POST', headers: [['x-a', '1']], body: Buffer.from(body) },
    timeoutMs: TIMEOUT_MS,
    clock: Date.now
  });

/** At most so long after the time that a try has. */
async function within<T>(work: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work;
  expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + 2_000);
  return result;
}

test.each([200, 201, 202, 204, 299])('%i is a success', async (status) => {
  const url = await http((_request, response) => response.writeHead(status).end());
  expect(await post(url)).toMatchObject({ outcome: 'response', status, error: null });
});

test.each([400, 401, 404, 409, 410, 429, 500, 503])('%i is none, and says so', async (status) => {
  const url = await http((_request, response) => response.writeHead(status).end('why'));
  const answer = await post(url);
  expect(answer).toMatchObject({
    outcome: 'response',
    status,
    error: expect.stringContaining(String(status)) as string
  });
  expect(answer.body.toString()).toBe('why');
});

test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
  let asked = 0;
  const url = await http((_request, response) => {
    asked += 1;
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  expect(await post(url)).toMatchObject({
    status,
    error: expect.stringContaining('redirects are not followed') as string
  });
  expect(asked).toBe(1);
});

test.each([
  ['120', 120],
  ['0', 0],
  [' 7 ', 7],
  ['999999999', 86_400],
  ['soon', null],
  ['-5', expect.toSatisfy((seconds: number | null) => (seconds ?? 0) === 0)],
  [new Date(Date.now() + 60_000).toUTCString(), expect.closeTo(60, -1)],
  [new Date(Date.now() - 60_000).toUTCString(), 0]
])('Retry-After: %s', async (header, seconds) => {
  const url = await http((_request, response) => response.writeHead(429, { 'retry-after': header }).end());
  expect((await post(url)).retryAfterSeconds).toEqual(seconds);
});

test.each([200, 301, 410, 500])('Retry-After of a %i is not asked for', async (status) => {
  const url = await http((_request, response) => response.writeHead(status, { 'retry-after': '60' }).end());
  expect((await post(url)).retryAfterSeconds).toBeNull();
});

test('a Retry-After that is a date goes by the clock that is given', async () => {
  const header = 'Wed, 01 Jan 2020 00:01:00 GMT';
  const url = await http((_request, response) => response.writeHead(503, { 'retry-after': header }).end());
  const { retryAfterSeconds } = await send(agent, url, {
    ...{ outgoing: { method: 'POST', headers: [], body: null }, timeoutMs: TIMEOUT_MS },
    clock: () => Date.UTC(2020, 0, 1)
  });
  expect(retryAfterSeconds).toBe(60);
});

test('a second request over one connection says so, and has no phases of making it', async () => {
  const url = await http((_request, response) => response.end('hello'));
  const { timings: first } = await post(url);
  expect(first).toMatchObject({ reused: false, dns_ms: null, connect_ms: expect.any(Number) as number });
  expect(first.first_byte_ms).toBeLessThanOrEqual(first.total_ms);
  // A connection is free again a moment after its answer has ended.
  await until(async () => {
    const { timings } = await post(url);
    if (timings.reused) expect(timings).toMatchObject({ connect_ms: null, tls_ms: null });
    return timings.reused === true;
  });
});

test.each<[string, (socket: Socket) => void]>([
  ['never answers', () => {}],
  ['sends half a head', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le')],
  ['never ends its answer', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123')],
  [
    'drips',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const dripping = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(dripping));
    }
  ]
])('one that %s: a timeout, in its time', async (_name, onData) => {
  const url = await tcp(onData);
  const answer = await within(post(url));
  expect(answer).toMatchObject({ outcome: 'timeout', error: expect.stringContaining(`${TIMEOUT_MS} ms`) as string });
});

test.each<[string, (socket: Socket) => void]>([
  ['resets', (socket) => void socket.resetAndDestroy()],
  ['hangs up', (socket) => void socket.end()],
  ['hangs up within its answer', (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123')],
  ['speaks no HTTP', (socket) => void socket.end('220 smtp.example.org\r\n')],
  ['has a head without end', (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1_000_000)}`)]
])('one that %s: an error with words', async (_name, onData) => {
  const url = await tcp(onData);
  const answer = await within(post(url));
  expect(answer).toMatchObject({ outcome: 'error', status: null, error: expect.stringMatching(/\w{3}/) as string });
});

test('an answer without end is read up to 64 KB', async () => {
  let written = 0;
  const url = await http((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16 * 1024, 'x'))) written += 16 * 1024;
    };
    response.on('drain', more).on('error', () => {});
    more();
  });
  const answer = await within(post(url));
  expect(answer).toMatchObject({ outcome: 'response', status: 200, error: null, truncated: true });
  expect(answer.body.length).toBe(CAP_BYTES);
  expect(written).toBeLessThan(64 * 1024 * 1024);
});

test('a compressed answer is kept as it came: nothing to blow up', async () => {
  const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
  const url = await http((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
  const answer = await post(url);
  expect(answer.body.equals(bomb)).toBe(true);
});

test('a body of any size and any bytes arrives as it is', async () => {
  const body = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 7) % 256));
  const url = await http((request, response) => {
    const parts: Buffer[] = [];
    request
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => {
        const received = Buffer.concat(parts);
        response.end(received.equals(body) ? `${request.headers['content-length']}` : 'changed');
      });
  });
  const answer = await send(agent, url, {
    outgoing: { method: 'POST', headers: [], body },
    timeoutMs: 10_000,
    clock: Date.now
  });
  expect(answer.body.toString()).toBe('1000000');
});
