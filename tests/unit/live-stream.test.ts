// The stream over real sockets: what is sent, to whom, and in which order.

import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { MessageSummary } from '#lib/inbox/types.ts';
import { account, deliveryOf, noLoaders, read, serveLive, summary } from '../support/live.ts';
import { until } from '../support/until.ts';

const ids = (frames: { data: Record<string, unknown> }[]) => frames.map((frame) => frame.data['id']);

test('a frame reaches those who subscribed to its topic, and nobody else', async () => {
  const { hub, url } = await serveLive();
  const inbox = await read(url, 'topics=inbox');
  const one = await read(url, 'topics=account:1');
  const message = summary();
  hub.publish({ event: 'message', data: message, topics: ['inbox', `message:${message.id}`] });
  hub.publish({ event: 'account', data: account({ balance: 1999, version: 2 }), topics: ['account:1'] });
  hub.publish({ event: 'account', data: account({ id: 2 }), topics: ['account:2'] });
  expect((await inbox.arrive('message'))[0]?.data).toEqual(message);
  expect((await one.arrive('account'))[0]?.data).toMatchObject({ balance: 1999, version: 2 });
  expect(inbox.of('account')).toEqual([]);
  expect(one.of('message')).toEqual([]);
});

test('who watches two topics of one frame gets it once', async () => {
  const { hub, url } = await serveLive();
  const message = summary();
  const reader = await read(url, `topics=inbox,message:${message.id}`);
  hub.publish({ event: 'message', data: message, topics: ['inbox', `message:${message.id}`] });
  hub.publish({ event: 'message', data: summary(), topics: ['inbox'] });
  await reader.arrive('message', 2);
  expect(new Set(ids(reader.of('message'))).size).toBe(2);
});

test('the head says that nothing in between may keep or collect it', async () => {
  const { url } = await serveLive();
  const { status, headers, text } = await read(url, 'topics=inbox');
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no'
  });
  expect(text()).toMatch(/^retry: [1-4]\d{3}\n\n/);
});

test('every frame has an id, and the first names the stream', async () => {
  const { hub, url } = await serveLive();
  const reader = await read(url, 'topics=inbox');
  hub.publish({ event: 'message', data: summary(), topics: ['inbox'] });
  await reader.arrive('message');
  expect(reader.frames[0]).toMatchObject({ event: 'hello', data: { stream: expect.any(String) as string } });
  expect(reader.frames.every(({ id }) => id !== null)).toBe(true);
});

test('producers are told that nobody watches, before and after', async () => {
  const { hub, url, live } = await serveLive();
  expect(hub.watched('account:1')).toBe(false);
  const reader = await read(url, 'topics=account:1');
  expect(hub.watched('account:1')).toBe(true);
  expect(hub.watched('inbox')).toBe(false);
  expect(live.count()).toBe(1);
  reader.close();
  await until(() => !hub.watched('account:1') && live.count() === 0);
});

test('a filter lets through what it says', async () => {
  const { hub, url } = await serveLive();
  const reader = await read(url, 'topics=inbox&source=stripe&event_type=invoice.*&verification=valid');
  const wanted = summary({ event_type: 'invoice.paid' });
  const others: Partial<MessageSummary>[] = [
    { event_type: 'invoice.paid', source: { id: 2, slug: 'github', name: 'GitHub', provider: 'github' } },
    { event_type: 'charge.refunded' },
    { event_type: 'invoice.paid', verification: { status: 'invalid', reason: 'no' } }
  ];
  for (const other of others) hub.publish({ event: 'message', data: summary(other), topics: ['inbox'] });
  hub.publish({ event: 'message', data: wanted, topics: ['inbox'] });
  expect(ids(await reader.arrive('message'))).toEqual([wanted.id]);
});

test('a search asks the database about payloads, once for all who search the same', async () => {
  const inPayload = summary();
  const questions: string[][] = [];
  const { hub, url } = await serveLive({
    loaders: noLoaders({
      loadMessagesById(asked, filter) {
        questions.push([...asked, filter.q ?? '']);
        return Promise.resolve(asked.includes(inPayload.id) ? [inPayload] : []);
      }
    })
  });
  const readers = await Promise.all([1, 2].map(() => read(url, 'topics=inbox&q=needle')));
  const elsewhere = summary();
  const inPath = summary({ path: '/needle' });
  for (const data of [inPayload, elsewhere, inPath]) hub.publish({ event: 'message', data, topics: ['inbox'] });
  for (const reader of readers) {
    expect(new Set(ids(await reader.arrive('message', 2)))).toEqual(new Set([inPath.id, inPayload.id]));
  }
  expect(questions).toEqual([[inPayload.id, elsewhere.id, 'needle']]);
});

test('a delivery goes to a filtered list when its message belongs there, with the message it brings in', async () => {
  const failed = summary({ status: 'failed' });
  const other = summary({ source: { id: 2, slug: 'github', name: 'GitHub', provider: 'github' } });
  const { hub, url } = await serveLive({
    loaders: noLoaders({
      loadMessagesById: (asked, filter) =>
        Promise.resolve(
          filter.source === 'stripe' && filter.status === undefined && asked.includes(failed.id) ? [failed] : []
        )
    })
  });
  const reader = await read(url, 'topics=inbox&source=stripe&status=failed');
  hub.publish({ event: 'delivery', data: deliveryOf(other), topics: ['inbox'] });
  hub.publish({ event: 'delivery', data: deliveryOf(failed, { status: 'failed' }), topics: ['inbox'] });
  expect(ids(await reader.arrive('message'))).toEqual([failed.id]);
  expect(reader.of('delivery').map((frame) => frame.data['message_id'])).toEqual([failed.id]);
});

test('a database that does not say whether a frame belongs resets the page', async () => {
  const { hub, url, errors } = await serveLive({
    loaders: noLoaders({ loadMessagesById: () => Promise.reject(new Error('away')) })
  });
  const reader = await read(url, 'topics=inbox&q=needle');
  hub.publish({ event: 'message', data: summary(), topics: ['inbox'] });
  await reader.arrive('reset');
  expect(errors).toHaveLength(1);
});

test('frames of one moment leave in one write', async () => {
  const { hub, server, url } = await serveLive();
  const writes: number[] = [];
  server.on('request', (_, response: ServerResponse) => {
    const write = response.write.bind(response);
    response.write = (chunk: Buffer) => {
      writes.push(chunk.length);
      return write(chunk);
    };
  });
  const reader = await read(url, 'topics=inbox');
  writes.length = 0;
  for (let n = 0; n < 100; n += 1) hub.publish({ event: 'message', data: summary(), topics: ['inbox'] });
  await reader.arrive('message', 100);
  expect(writes).toHaveLength(1);
});

test('a frame is serialised once for a thousand readers', async () => {
  const { hub, url, live } = await serveLive();
  const readers = await Promise.all(Array.from({ length: 1_000 }, () => read(url, 'topics=inbox')));
  expect(live.count()).toBe(1_000);
  let serialised = 0;
  const data = { ...summary(), toJSON: () => ((serialised += 1), { id: 'shared' }) };
  const before = process.memoryUsage().heapUsed;
  hub.publish({ event: 'message', data, topics: ['inbox'] });
  for (const reader of readers) expect(ids(await reader.arrive('message'))).toEqual(['shared']);
  expect(serialised).toBe(1);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
  for (const reader of readers) reader.close();
  await until(() => live.count() === 0);
});

test('a ping comes by itself, with the place to go on from', async () => {
  const { url, hub } = await serveLive({ timing: { pingIntervalMs: 20 } });
  const reader = await read(url, 'topics=inbox');
  const ready = reader.lastId();
  const other = await read(url, 'topics=inbox');
  hub.publish({ event: 'message', data: summary(), topics: ['pull-requests'] });
  await until(() => reader.text().split(': ping\n').length > 3);
  expect(reader.lastId()).not.toBe(ready);
  expect(reader.frames.map(({ event }) => event)).toEqual(['hello', 'ready']);
  other.close();
});
