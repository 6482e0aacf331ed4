// Opening and coming back: no gap, no repeat, and a reset where a replay is not worth it.

import { expect, test } from 'vitest';
import type { MessageSummary } from '#lib/inbox/types.ts';
import { createHub, type Hub } from '#lib/server/live/hub.ts';
import { account, deliveryOf, noLoaders, read, serveLive, summary, type TestReader } from '../support/live.ts';
import { until } from '../support/until.ts';

const NOON = Date.parse('2026-01-31T12:00:00.000Z');
const at = (milliseconds: number) => new Date(milliseconds).toISOString();
const ids = (reader: TestReader) => reader.of('message').map((frame) => frame.data['id']);

/** A log in memory that commits when it is told, as a database does: in another order than that of received_at. */
function createLog(now: () => number) {
  const rows: MessageSummary[] = [];
  return {
    rows,
    commit(receivedAt = now()): MessageSummary {
      const row = summary({ received_at: at(receivedAt) });
      rows.push(row);
      return row;
    },
    loaders: noLoaders({
      loadMessages: (since, limit) =>
        Promise.resolve(rows.filter((row) => Date.parse(row.received_at) >= since.getTime()).slice(-limit))
    })
  };
}

const publish = (hub: Hub, data: MessageSummary) => hub.publish({ event: 'message', data, topics: ['inbox'] });

test.each([
  ['memory', (hub: Hub) => hub.position()],
  ['the database', (hub: Hub) => String(hub.now())]
])('nothing is missed or repeated, from %s, while messages come without a pause', async (_, place) => {
  const hub = createHub();
  const log = createLog(hub.now);
  const { url } = await serveLive({ hub, loaders: log.loaders });
  const from = place(hub);
  const producer = { running: true };
  const producing = (async () => {
    while (producer.running) {
      const message = log.commit();
      // Published after the commit, a round trip later.
      await fetch(`${url}/api/v1/live`);
      publish(hub, message);
    }
  })();
  const readers: TestReader[] = [];
  for (let n = 0; n < 5 && log.rows.length < 300; n += 1) readers.push(await read(url, `topics=inbox&since=${from}`));
  producer.running = false;
  await producing;
  const expected = log.rows.map(({ id }) => id);
  expect(expected.length).toBeGreaterThan(20);
  for (const reader of readers) {
    await reader.arrive('message', expected.length);
    expect(ids(reader).toSorted()).toEqual(expected.toSorted());
    expect(reader.of('reset')).toEqual([]);
  }
});

test('what comes while the replay is read waits behind it', async () => {
  const missed = summary({ received_at: at(NOON) });
  const meanwhile = summary({ received_at: at(NOON + 1) });
  const { promise: loaded, resolve: answer } = Promise.withResolvers<MessageSummary[]>();
  let asked = false;
  const { hub, url } = await serveLive({
    hub: createHub({ clock: () => NOON + 10 }),
    loaders: noLoaders({ loadMessages: () => ((asked = true), loaded) })
  });
  const reader = await read(url, `topics=inbox&since=${NOON}`, { untilReady: false });
  await until(() => asked);
  publish(hub, meanwhile);
  publish(hub, missed);
  hub.publish({ event: 'delivery', data: deliveryOf(missed), topics: ['inbox'] });
  await new Promise(setImmediate);
  expect(reader.of('message')).toEqual([]);
  answer([missed]);
  await reader.arrive('ready');
  expect(reader.frames.map(({ event, data }) => [event, data['id']])).toEqual([
    ['hello', undefined],
    ['message', missed.id],
    ['message', meanwhile.id],
    ['delivery', deliveryOf(missed).id],
    ['ready', undefined]
  ]);
});

test('a version that the replay has shown is not shown again, a newer one is', async () => {
  const { promise: loaded, resolve: answer } = Promise.withResolvers<ReturnType<typeof account>>();
  let asked = false;
  const { hub, url } = await serveLive({ loaders: noLoaders({ loadAccount: () => ((asked = true), loaded) }) });
  const reader = await read(url, `topics=account:1&since=${hub.position()}`, { untilReady: false });
  await until(() => asked);
  for (const version of [6, 7, 8]) {
    hub.publish({ event: 'account', data: account({ version, balance: version * 100 }), topics: ['account:1'] });
  }
  answer(account({ version: 7, balance: 700 }));
  await reader.arrive('ready');
  expect(reader.of('account').map(({ data }) => data['version'])).toEqual([7, 8]);
});

test('a replay moves the place to go on from only when all of it is out', async () => {
  const clock = NOON + 60_000;
  const since = `${NOON}-0-`;
  const { url } = await serveLive({
    hub: createHub({ clock: () => clock }),
    loaders: noLoaders({ loadMessages: () => Promise.resolve([summary({ received_at: at(NOON + 1) })]) })
  });
  const reader = await read(url, `topics=inbox&since=${since}`);
  expect(reader.frames.map(({ event, id }) => [event, Number(id?.split('-')[0])])).toEqual([
    ['hello', NOON],
    ['message', NOON],
    ['ready', clock]
  ]);
});

test('who comes back gets what was missed, also what was committed late, and nothing twice', async () => {
  let now = NOON;
  const hub = createHub({ clock: () => now });
  const log = createLog(hub.now);
  const { url } = await serveLive({ hub, loaders: log.loaders });
  const staying = await read(url, 'topics=inbox');
  const leaving = await read(url, 'topics=inbox');
  const seen = log.commit();
  publish(hub, seen);
  await leaving.arrive('message');
  const place = leaving.lastId()!;
  leaving.close();
  now += 500;
  const late = log.commit(NOON - 8_000);
  publish(hub, late);
  const missed = log.commit();
  publish(hub, missed);
  await staying.arrive('message', 3);
  const back = await read(url, 'topics=inbox', { headers: { 'last-event-id': place } });
  expect(ids(back)).toEqual([late.id, missed.id]);
});

test('who was away during a reset is told of what came before it by the database', async () => {
  const hub = createHub();
  const log = createLog(hub.now);
  const { url } = await serveLive({ hub, loaders: log.loaders });
  const place = hub.position();
  // Another node's message, whose hint this node has not heard.
  const unheard = log.commit();
  hub.reset('Caught up after a gap.');
  const back = await read(url, 'topics=inbox', { headers: { 'last-event-id': place } });
  expect(ids(back)).toEqual([unheard.id]);
});

test('a filtered list gets, after a break, what the database had still to decide', async () => {
  const hub = createHub();
  const message = summary();
  let answers = 0;
  const { promise: never } = Promise.withResolvers<MessageSummary[]>();
  const loaders = noLoaders({ loadMessagesById: () => ((answers += 1) === 1 ? never : Promise.resolve([message])) });
  const { url } = await serveLive({ hub, loaders });
  const leaving = await read(url, 'topics=inbox&q=needle');
  publish(hub, message);
  await until(() => answers === 1);
  const place = hub.place();
  leaving.close();
  // Another filter, since the question of the first is still open.
  const back = await read(url, 'topics=inbox&q=needle&source=stripe', { headers: { 'last-event-id': place } });
  await back.arrive('message');
  expect(ids(back)).toEqual([message.id]);
});

test('on another node the overlap is read again, rather than that one message is missed', async () => {
  const now = NOON;
  const log = createLog(() => now);
  const first = createHub({ clock: () => now });
  const second = await serveLive({ hub: createHub({ clock: () => now }), loaders: log.loaders });
  const seen = log.commit(NOON - 20_000);
  const back = await read(second.url, 'topics=inbox', { headers: { 'last-event-id': first.position() } });
  expect(ids(back)).toEqual([seen.id]);
});

test('five hundred missed messages are replayed, one more is a reset', async () => {
  const hub = createHub({ clock: () => NOON + 60_000 });
  const log = createLog(() => NOON + 1_000);
  const { url } = await serveLive({ hub, loaders: log.loaders });
  for (let n = 0; n < 500; n += 1) log.commit();
  const patient = await read(url, `topics=inbox&since=${at(NOON)}`);
  expect(patient.of('message')).toHaveLength(500);
  log.commit();
  const late = await read(url, `topics=inbox&since=${at(NOON)}`);
  expect(late.of('message')).toEqual([]);
  expect(late.of('reset')[0]?.data).toEqual({ reason: 'Too much was missed to replay it.' });
});

test('a place in the future is a reset: the clock went back', async () => {
  const { url } = await serveLive({ hub: createHub({ clock: () => NOON }) });
  const reader = await read(url, `topics=inbox&since=${NOON + 3_600_000}`);
  expect(reader.of('reset')).toHaveLength(1);
});

test('a replay that fails is a reset, and the stream goes on', async () => {
  const { hub, url, errors } = await serveLive({
    loaders: noLoaders({ loadMessages: () => Promise.reject(new Error('away')) })
  });
  const reader = await read(url, `topics=inbox&since=${hub.now()}`);
  await reader.arrive('reset');
  publish(hub, summary());
  await reader.arrive('message');
  expect(errors).toHaveLength(1);
});

test('readers that come back together share a reading', async () => {
  let readings = 0;
  const { hub, url } = await serveLive({
    loaders: noLoaders({
      async loadMessages() {
        readings += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [];
      }
    })
  });
  const since = hub.now();
  await Promise.all(Array.from({ length: 100 }, () => read(url, `topics=inbox&since=${since}`)));
  expect(readings).toBeLessThan(50);
});

test('an account and a message are replayed as they are now', async () => {
  const message = summary({ status: 'failed' });
  const { url } = await serveLive({
    loaders: noLoaders({
      loadAccount: (id) => Promise.resolve(id === 1 ? account({ balance: 5, version: 3 }) : null),
      loadMessagesById: (asked) => Promise.resolve(asked.includes(message.id) ? [message] : []),
      loadDeliveriesOfMessage: () => Promise.resolve([deliveryOf(message, { status: 'failed' })])
    })
  });
  const reader = await read(url, `topics=account:1,account:2,message:${message.id}&since=${at(NOON)}`);
  expect(reader.of('account').map(({ data }) => data['balance'])).toEqual([5]);
  expect(ids(reader)).toEqual([message.id]);
  expect(reader.of('delivery')[0]?.data).toMatchObject({ message_id: message.id, message_status: 'failed' });
});
