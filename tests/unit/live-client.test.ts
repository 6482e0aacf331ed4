// The browser's side of one tab, against a real stream.

import { expect, onTestFinished, test, vi } from 'vitest';
import type { LiveFrame } from '#lib/inbox/live-page.ts';
import { account, noLoaders, serveLive } from '../support/live.ts';
import { createScreen, publish, serveLog, surroundings, watched } from '../support/live-pages.ts';
import { until } from '../support/until.ts';

test('a screen gets its frames and its state', async () => {
  const served = await serveLive();
  const screen = createScreen(surroundings(served.url));
  screen.follow({ topics: ['inbox'] });
  await until(() => screen.states.at(-1) === 'live');
  const id = publish(served);
  await until(() => screen.ids().includes(id));
});

test('two screens with two filters each get what they asked for, over one stream', async () => {
  const served = await serveLive();
  const around = surroundings(served.url);
  const failed = createScreen(around);
  failed.follow({ topics: ['inbox'], filter: { status: 'failed' } });
  const all: LiveFrame[] = [];
  failed.page.open({ topics: ['inbox'], onFrame: (frame) => all.push(frame), onState: () => {} });
  await watched(served);
  const ids = [publish(served, { status: 'failed' }), publish(served)];
  await until(() => all.length === 2);
  expect(failed.ids()).toEqual([ids[0]]);
  expect(around.requests).toHaveLength(1);
});

test('a change keeps the stream, and what stays the same goes on', async () => {
  const served = await serveLive({
    loaders: noLoaders({ loadAccount: () => Promise.resolve(account({ version: 4 })) })
  });
  const around = surroundings(served.url);
  const screen = createScreen(around);
  const following = screen.follow({ topics: ['pull-requests'] });
  await watched(served, 'pull-requests');
  following.change({ topics: ['pull-requests', 'account:1'] });
  await until(() => screen.frames.some((frame) => frame.event === 'account'));
  following.change({ topics: ['account:1'] });
  await until(() => !served.hub.watched('pull-requests'));
  expect(around.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  expect(served.live.count()).toBe(1);
});

test('after a break it goes on where it was: nothing missed, nothing shown twice', async () => {
  const { served, commit } = await serveLog();
  const around = surroundings(served.url);
  const screen = createScreen(around);
  screen.follow({ topics: ['inbox'], since: served.hub.position() });
  await until(() => screen.states.at(-1) === 'live');
  const before = commit();
  await until(() => screen.ids().includes(before));
  around.cut();
  await until(() => served.live.count() === 0);
  const missed = commit();
  await until(() => screen.ids().includes(missed));
  const after = commit();
  await until(() => screen.ids().includes(after));
  expect(screen.ids()).toEqual([before, missed, after]);
  expect(screen.states.filter((state, at, all) => state !== all[at - 1])).toEqual(['live', 'reconnecting', 'live']);
});

test('another node does not know the stream: a new one is opened, with everything', async () => {
  const served = await serveLive();
  const around = surroundings(served.url);
  const elsewhere: typeof fetch = (input, init) =>
    init?.method === 'POST' ? Promise.resolve(new Response(null, { status: 404 })) : around.fetch(input, init);
  const screen = createScreen({ ...around, fetch: elsewhere });
  const following = screen.follow({ topics: ['inbox'] });
  await watched(served);
  following.change({ topics: ['inbox', 'pull-requests'] });
  await watched(served, 'pull-requests');
  expect(served.hub.watched('inbox')).toBe(true);
});

test('who is signed out is offline, and does not knock all the time', async () => {
  const served = await serveLive({ authorise: () => Promise.resolve(null) });
  const around = surroundings(served.url);
  const screen = createScreen(around);
  screen.follow({ topics: ['inbox'] });
  await until(() => screen.states.length > 0);
  expect(screen.states).toEqual(['offline']);
  expect(around.requests).toHaveLength(1);
  screen.page.wake();
  await until(() => around.requests.length === 2);
});

test('a reset reaches every screen that may have a gap', async () => {
  const served = await serveLive();
  const screen = createScreen(surroundings(served.url));
  screen.follow({ topics: ['inbox'] });
  await watched(served);
  served.hub.reset('Caught up after a gap.');
  await until(() => screen.frames.length === 1);
  expect(screen.frames).toEqual([{ event: 'reset', data: { reason: 'Caught up after a gap.' } }]);
});

test('a page without subscriptions lets the stream go', async () => {
  const served = await serveLive();
  const screen = createScreen(surroundings(served.url));
  const following = screen.follow({ topics: ['inbox'] });
  await watched(served);
  following.close();
  await until(() => served.live.count() === 0);
});

test('after a laptop’s sleep the stream is not believed: it is opened anew', async () => {
  const { served, commit } = await serveLog();
  const around = surroundings(served.url);
  const screen = createScreen(around);
  screen.follow({ topics: ['inbox'] });
  await watched(served);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  screen.page.wake();
  await until(() => around.requests.length === 2 && screen.states.at(-1) === 'live');
  expect(screen.states).toContain('offline');
  const id = commit();
  await until(() => screen.ids().includes(id));
  expect(served.live.count()).toBe(1);
});

test('offline is said when the browser says so, and ends with it, without a gap', async () => {
  const { served, commit } = await serveLog();
  const network = { online: true };
  const working = surroundings(served.url);
  const around = {
    ...working,
    isOnline: () => network.online,
    fetch: (...request: Parameters<typeof fetch>) =>
      network.online ? working.fetch(...request) : Promise.reject(new TypeError('Failed to fetch'))
  };
  const screen = createScreen(around);
  screen.follow({ topics: ['inbox'] });
  await watched(served);
  const before = commit();
  await until(() => screen.ids().includes(before));
  network.online = false;
  screen.page.wake();
  expect(screen.states.at(-1)).toBe('offline');
  await until(() => served.live.count() === 0);
  const missed = commit();
  network.online = true;
  screen.page.wake();
  await until(() => screen.ids().length === 2 && screen.states.at(-1) === 'live');
  expect(screen.ids()).toEqual([before, missed]);
});
