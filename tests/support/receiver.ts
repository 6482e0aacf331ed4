// A destination: an HTTP server that keeps what it was sent, and answers as the test says.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import type { HeaderPair } from '#lib/inbox/types.ts';

export interface Received {
  at: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** In order, with case and repeats. */
  rawHeaders: HeaderPair[];
  body: Buffer;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** What was received at a path, oldest first. */
  at(path: string): Received[];
}

/**
 * Starts a receiver, until the file's tests are over.
 * @param answer called with each request; one that it does not answer hangs
 */
export async function startReceiver(answer: (request: Received, response: ServerResponse) => void): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    response.on('error', () => {});
    request.on('data', (part: Buffer) => parts.push(part)).on('error', () => {});
    request.on('end', () => {
      const { rawHeaders, method = '', url = '' } = request;
      const names = rawHeaders.filter((_, at) => at % 2 === 0);
      const one: Received = {
        ...{ at: performance.now(), method, url, body: Buffer.concat(parts) },
        rawHeaders: names.map((name, at) => [name, rawHeaders[at * 2 + 1] ?? '']),
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      };
      received.push(one);
      answer(one, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, received, at: (path) => received.filter((one) => one.url === path) };
}
