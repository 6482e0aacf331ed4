// The stream to the server, opened again whenever it breaks. Read with fetch and not with EventSource, which hides
// pings, status codes and the place of a ping, and cannot be told when to come back.

import { startAttempt, type Attempt } from './live-attempt.ts';
import type { Block } from './live-parser.ts';
import { createPlaces } from './live-places.ts';
import type { LiveState, Signal, Want } from './live-signal.ts';

/** The server takes no more on one stream. */
const MAX_WANTS = 64;
/** The server pings every 15 s: a stream silent for two of them is dead, or held back by a proxy. */
const SILENT_MS = 35_000;
/** After sleep, or back in front, one missed ping is enough. */
const SILENT_ON_WAKE_MS = 17_000;
const WATCH_MS = 5_000;
const BACKOFF_MS = { first: 1_000, longest: 20_000 };
/** Without rights (signed out, not one's own): only a new session helps, and that comes with a new page. */
const REFUSED_MS = 60_000;
/** Not reached for so long: say so. */
const OFFLINE_AFTER_MS = 30_000;

export interface Surroundings {
  fetch: typeof fetch;
  isOnline(): boolean;
}

export interface Connection {
  /** What the stream should carry from now on. */
  want(wants: readonly Want[]): void;
  /** Looks at once whether the stream is still there: the tab is in front again, the network came or went. */
  wake(): void;
  close(): void;
}

export function createConnection(around: Surroundings, onSignal: (signal: Signal) => void): Connection {
  const places = createPlaces();
  const reach = createReach(around, connect);
  let attempt: Attempt | null = null;

  function say(signal: Signal | null): void {
    if (signal === null) return;
    places.take(signal);
    onSignal(signal);
  }

  function connect(): void {
    reach.stopWaiting();
    attempt = startAttempt(around.fetch, places.wants(), {
      onBlock(block) {
        reach.heard(block);
        say(block.event === 'hello' ? reach.state('live') : toSignal(block));
      },
      onEnd(isRefused) {
        attempt = null;
        say(reach.state(isRefused ? 'offline' : 'reconnecting'));
        reach.retry(isRefused);
      }
    });
  }

  function stop(): void {
    reach.stopWaiting();
    attempt?.abort();
    attempt = null;
    places.lost();
  }

  function look(silentMs: number): void {
    if (attempt === null || attempt.silentMs() <= silentMs) return;
    stop();
    say(reach.state('reconnecting'));
    connect();
  }

  // Also what notices a laptop's sleep: the clock has jumped, and the last byte is long ago.
  const watching = setInterval(look, WATCH_MS, SILENT_MS);

  return {
    want(wants) {
      places.set(wants.slice(0, MAX_WANTS));
      if (wants.length === 0) stop();
      else if (attempt) attempt.change(places.wants());
      else connect();
    },
    // The browser knows at once what an open stream would notice when its next ping stays away.
    wake: () => (reach.isWaiting() ? connect() : look(around.isOnline() ? SILENT_ON_WAKE_MS : -1)),
    close() {
      clearInterval(watching);
      stop();
    }
  };
}

/** When the server was heard, what that makes of a break, and when to try again. */
function createReach(around: Surroundings, connect: () => void) {
  let heardAt = Date.now();
  let lastFrameAt: number | null = null;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    heard(block: Block): void {
      failures = 0;
      heardAt = Date.now();
      if (block.event !== null) lastFrameAt = heardAt;
    },
    state(state: LiveState): Signal {
      const isOffline = !around.isOnline() || Date.now() - heardAt > OFFLINE_AFTER_MS;
      return { kind: 'state', state: state === 'reconnecting' && isOffline ? 'offline' : state, lastFrameAt };
    },
    /** Anywhere in a span that doubles: a thousand readers that were cut together do not come back together. */
    retry(isRefused: boolean): void {
      const longest = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** failures);
      timer = setTimeout(connect, isRefused ? REFUSED_MS : Math.random() * longest);
      failures += 1;
    },
    stopWaiting(): void {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
    isWaiting: () => timer !== null
  };
}

function toSignal({ names, event, data, id }: Block): Signal | null {
  if (event === null || data === null) return id === null ? null : { kind: 'place', place: id };
  return event === 'ready'
    ? { kind: 'ready', names, place: id }
    : { kind: 'frame', names, event, text: data, place: id };
}
