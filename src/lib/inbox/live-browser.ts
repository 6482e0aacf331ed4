// The browser as live finds it: its locks, its channel between tabs, and when a tab comes and goes.

import type { Channel, TabMessage } from './live-leader.ts';
import type { TabSurroundings } from './live-tab.ts';

const CHANNEL = 'holdfast-live';

export function browserSurroundings(): TabSurroundings {
  return {
    fetch: (input, init) => fetch(input, init),
    isOnline: () => navigator.onLine,
    isVisible: () => document.visibilityState === 'visible',
    openChannel: () => (typeof BroadcastChannel === 'undefined' ? null : openChannel()),
    // Missing in old browsers, and on plain http other than localhost.
    locks: 'locks' in navigator ? navigator.locks : null
  };
}

function openChannel(): Channel {
  const channel = new BroadcastChannel(CHANNEL);
  return {
    post: (message) => channel.postMessage(message),
    onMessage: (take) => (channel.onmessage = ({ data }: MessageEvent<TabMessage>) => take(data)),
    close: () => channel.close()
  };
}

/** Tells a page when to look after its stream. */
export function onComeAndGo(page: { wake(): void; pause(): void; resume(): void }): void {
  addEventListener('online', page.wake);
  addEventListener('offline', page.wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') page.wake();
  });
  // The back-forward cache takes no page that holds a lock or a connection.
  addEventListener('pagehide', page.pause);
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) page.resume();
  });
}
