// Readers that do not keep up.

import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { noLoaders, read, serveLive, summary } from '../support/live.ts';
import { until } from '../support/until.ts';

const MEGABYTE = 1024 * 1024;

/** Asks for a stream, and never reads a byte of it. */
function openStalled(url: string): void {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /api/v1/live?topics=inbox HTTP/1.1\r\nHost: live\r\n\r\n');
}

test('a reader that is a megabyte behind is cut off, and the others go on', async () => {
  const { hub, live, server, url } = await serveLive();
  const waiting: (() => number)[] = [];
  server.on('request', (_, response: ServerResponse) => waiting.push(() => response.writableLength));
  openStalled(url);
  await until(() => live.count() === 1);
  const reader = await read(url, 'topics=inbox');
  const path = `/${'x'.repeat(20_000)}`;
  let sent = 0;
  let most = 0;
  while (live.cutOff() === 0 && sent < 2_000) {
    hub.publish({ event: 'message', data: summary({ path }), topics: ['inbox'] });
    sent += 1;
    await reader.arrive('message', sent);
    most = Math.max(most, ...waiting.map((bytes) => bytes()));
  }
  expect(live.cutOff()).toBe(1);
  expect(live.count()).toBe(1);
  expect(sent * path.length).toBeGreaterThan(MEGABYTE);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MEGABYTE);
});

test('a batch of two megabytes cuts off nobody who reads', async () => {
  const { hub, live, url } = await serveLive();
  const reader = await read(url, 'topics=inbox');
  for (let n = 0; n < 2_000; n += 1) {
    hub.publish({ event: 'message', data: summary({ path: `/${'x'.repeat(600)}` }), topics: ['inbox'] });
  }
  await reader.arrive('message', 2_000);
  expect(reader.text().length).toBeGreaterThan(2 * MEGABYTE);
  expect(live.cutOff()).toBe(0);
});

test('a reader that takes nothing for too long is cut off, however little waits for it', async () => {
  const { hub, live, server, url } = await serveLive({ timing: { maxBehindMs: 50, pingIntervalMs: 60_000 } });
  const responses: ServerResponse[] = [];
  server.on('request', (_, response: ServerResponse) => responses.push(response));
  openStalled(url);
  await until(() => live.count() === 1);
  const path = `/${'x'.repeat(20_000)}`;
  await until(() => {
    if (!responses[0]!.writableNeedDrain) hub.publish({ event: 'message', data: summary({ path }), topics: ['inbox'] });
    return responses[0]!.writableNeedDrain || live.cutOff() > 0;
  });
  expect(responses[0]!.writableLength).toBeLessThan(MEGABYTE / 2);
  await until(() => live.cutOff() === 1);
  expect(live.count()).toBe(0);
});

test.each(['memory', 'database'])('a reader that keeps up gets ten missed megabytes, from %s', async (from) => {
  const missed = Array.from({ length: 500 }, () => summary({ path: `/${'x'.repeat(20_000)}` }));
  const loaders = noLoaders({ loadMessages: () => Promise.resolve(missed) });
  const { hub, live, url } = await serveLive({ loaders });
  const since = from === 'memory' ? hub.position() : String(hub.now());
  if (from === 'memory') {
    for (const data of missed) hub.publish({ event: 'message', data, topics: ['inbox'] });
  }
  const reader = await read(url, `topics=inbox&since=${since}`);
  expect(reader.of('message').map((frame) => frame.data['id'])).toEqual(missed.map(({ id }) => id));
  expect(live.cutOff()).toBe(0);
});
