// Pages of a browser in this process, with Node's own locks and channels, over a real stream.

import { afterEach } from 'vitest';
import type { Channel, TabMessage } from '#lib/inbox/live-leader.ts';
import { createLivePage, type LiveFrame, type LivePage, type LiveWish } from '#lib/inbox/live-page.ts';
import type { LiveState } from '#lib/inbox/live-signal.ts';
import type { TabSurroundings } from '#lib/inbox/live-tab.ts';
import type { MessageSummary } from '#lib/inbox/types.ts';
import { noLoaders, serveLive, summary, type TestLive } from './live.ts';
import { until } from './until.ts';

let channelName = 0;
const pages = new Set<LivePage>();

export interface Around extends TabSurroundings {
  /** Requests that were made, by method. */
  requests: { method: string; url: string }[];
  /** Cuts what is open, as a lost network does. */
  cut(): void;
}

/** A browser's view of the server: paths, a network that can break. */
export function surroundings(url: string, changes: Partial<TabSurroundings> = {}): Around {
  const requests: Around['requests'] = [];
  const open = new Set<AbortController>();
  return {
    requests,
    cut() {
      for (const each of open) each.abort();
    },
    fetch(input, init) {
      const cutting = new AbortController();
      open.add(cutting);
      const path = input instanceof Request ? input.url : input.toString();
      requests.push({ method: init?.method ?? 'GET', url: path });
      const signal = AbortSignal.any([cutting.signal, init?.signal ?? cutting.signal]);
      return fetch(url + path, { ...init, signal });
    },
    isOnline: () => true,
    isVisible: () => true,
    openChannel: () => null,
    locks: null,
    ...changes
  };
}

function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    onMessage: (take) => (channel.onmessage = ({ data }: MessageEvent<TabMessage>) => take(data)),
    close: () => channel.close()
  };
}

/** What tabs of one browser share. */
export function sharing(): Pick<TabSurroundings, 'locks' | 'openChannel'> {
  channelName += 1;
  const name = `tabs-${channelName}`;
  const locks: TabSurroundings['locks'] = {
    request: (lock: string, ...rest: unknown[]) =>
      Reflect.apply(navigator.locks.request, navigator.locks, [`${name}-${lock}`, ...rest]) as Promise<unknown>
  };
  return { locks, openChannel: () => openChannel(name) };
}

export interface Screen {
  page: LivePage;
  frames: LiveFrame[];
  states: LiveState[];
  ids(): unknown[];
  follow(wish: LiveWish): ReturnType<LivePage['open']>;
}

export function createScreen(around: TabSurroundings): Screen {
  const page = createLivePage(around);
  pages.add(page);
  const frames: LiveFrame[] = [];
  const states: LiveState[] = [];
  return {
    page,
    frames,
    states,
    ids: () => frames.flatMap((frame) => (frame.event === 'message' ? [frame.data.id] : [])),
    follow: (wish) =>
      page.open({ ...wish, onFrame: (frame) => frames.push(frame), onState: (state) => states.push(state) })
  };
}

afterEach(() => {
  for (const page of pages) page.pause();
  pages.clear();
});

export function publish({ hub }: TestLive, changes: Parameters<typeof summary>[0] = {}): string {
  const data = summary({ received_at: new Date(hub.now()).toISOString(), ...changes });
  hub.publish({ event: 'message', data, topics: ['inbox'] });
  return data.id;
}

/** Subscribed and ready: what is published now arrives. */
export const watched = ({ hub }: TestLive, topic = 'inbox') => until(() => hub.watched(topic));

/** A server with a log that replays, and what commits a message to it and publishes it. */
export async function serveLog(): Promise<{ served: TestLive; log: MessageSummary[]; commit(): string }> {
  const log: MessageSummary[] = [];
  const served = await serveLive({ loaders: noLoaders({ loadMessages: () => Promise.resolve([...log]) }) });
  return {
    served,
    log,
    commit() {
      const data = summary({ received_at: new Date(served.hub.now()).toISOString() });
      log.push(data);
      served.hub.publish({ event: 'message', data, topics: ['inbox'] });
      return data.id;
    }
  };
}
