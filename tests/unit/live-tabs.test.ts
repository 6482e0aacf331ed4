// Tabs of one browser share a stream.

import { expect, onTestFinished, test, vi } from 'vitest';
import { serveLive } from '../support/live.ts';
import { createScreen, publish, serveLog, sharing, surroundings, watched } from '../support/live-pages.ts';
import { until } from '../support/until.ts';

test('eight tabs share one stream, and each gets its own', async () => {
  const served = await serveLive();
  const around = { ...surroundings(served.url), ...sharing() };
  const tabs = Array.from({ length: 8 }, () => createScreen(around));
  for (const [n, tab] of tabs.entries()) tab.follow({ topics: [n === 0 ? 'account:1' : 'inbox'] });
  await until(() => tabs.every((tab) => tab.states.at(-1) === 'live'));
  await watched(served);
  const id = publish(served);
  await until(() => tabs.slice(1).every((tab) => tab.ids().includes(id)));
  expect(tabs.slice(1).map((tab) => tab.ids())).toEqual(tabs.slice(1).map(() => [id]));
  expect(tabs[0]!.frames).toEqual([]);
  expect(served.live.count()).toBe(1);
});

test('when the tab with the stream closes, another goes on without a gap', async () => {
  const { served, commit } = await serveLog();
  const around = { ...surroundings(served.url), ...sharing() };
  const [leading, following] = [createScreen(around), createScreen(around)] as const;
  leading.follow({ topics: ['account:1'] });
  await watched(served, 'account:1');
  following.follow({ topics: ['inbox'], since: served.hub.position() });
  await watched(served);
  const before = commit();
  await until(() => following.ids().includes(before));
  leading.page.pause();
  await until(() => served.live.count() === 0);
  const meanwhile = commit();
  await watched(served);
  const after = commit();
  await until(() => following.ids().includes(after));
  expect(following.ids()).toEqual([before, meanwhile, after]);
  await until(() => served.live.count() === 1 && !served.hub.watched('account:1'));
});

test('a tab that comes back from the browser’s cache goes on where it was', async () => {
  const { served, commit } = await serveLog();
  const screen = createScreen({ ...surroundings(served.url), ...sharing() });
  screen.follow({ topics: ['inbox'] });
  await watched(served);
  const seen = publish(served);
  await until(() => screen.ids().includes(seen));
  screen.page.pause();
  await until(() => served.live.count() === 0);
  const missed = commit();
  screen.page.resume();
  await until(() => screen.ids().length === 2);
  expect(screen.ids()).toEqual([seen, missed]);
});

test('a tab in front takes the stream from one that is frozen, and both are served', async () => {
  const { served, commit } = await serveLog();
  const around = { ...surroundings(served.url), ...sharing() };
  const [frozen, inFront] = [createScreen(around), createScreen(around)] as const;
  frozen.follow({ topics: ['account:1'] });
  await watched(served, 'account:1');
  inFront.follow({ topics: ['inbox'] });
  await until(() => inFront.states.at(-1) === 'live');
  await watched(served);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  inFront.page.wake();
  await until(() => around.requests.filter(({ method }) => method === 'GET').length === 2);
  await until(() => served.live.count() === 1 && served.hub.watched('inbox') && served.hub.watched('account:1'));
  const id = commit();
  await until(() => inFront.ids().includes(id));
});

test('a tab that crashes is no longer served', async () => {
  const served = await serveLive();
  const shared = sharing();
  const around = { ...surroundings(served.url), ...shared };
  createScreen(around).follow({ topics: ['inbox'] });
  await watched(served);
  // A tab that has its lock and says what it wants, and then is gone without a word.
  const crash = Promise.withResolvers<undefined>();
  const channel = shared.openChannel();
  const lock = shared.locks?.request('holdfast-live-tab-crashing', () => crash.promise);
  const wants = [{ name: 'x', topic: 'pull-requests', filter: {}, since: null }];
  channel?.post({ kind: 'wants', tab: 'crashing', wants });
  await watched(served, 'pull-requests');
  crash.resolve(undefined);
  await lock;
  await until(() => !served.hub.watched('pull-requests'));
  channel?.close();
});
