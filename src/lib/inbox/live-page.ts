// The subscriptions of one page, which come and go with its screens, over the page's one place among the tabs.

import type { InboxFilter } from './filter.ts';
import type { LiveEvent, LiveReset } from './live-events.ts';
import { readEvent } from './live-read.ts';
import { createRepeats } from './live-repeats.ts';
import type { LiveState, Signal, Want } from './live-signal.ts';
import { createTab, type Tab, type TabSurroundings } from './live-tab.ts';

export type LiveFrame = LiveEvent | LiveReset;

export interface LiveWish {
  topics: readonly string[];
  /** Of the inbox; other topics have none. */
  filter?: InboxFilter;
  /**
   * The stream's place from before the page's data was read (`hub.position()`): what came since is sent first. Without
   * it an inbox is followed from now on; other topics from a little before, since a repeat of theirs does no harm.
   */
  since?: string;
}

export interface LiveOptions extends LiveWish {
  /** `reset`: there may be a gap; load the page's data again. */
  onFrame(frame: LiveFrame): void;
  /** @param lastFrameAt milliseconds since 1970; null: none yet */
  onState(state: LiveState, lastFrameAt: number | null): void;
}

export interface LiveSubscription {
  /** Follows this from now on; what stays the same goes on without a break. */
  change(wish: LiveWish): void;
  close(): void;
}

export interface LivePage {
  open(options: LiveOptions): LiveSubscription;
  wake(): void;
  /** Lets go of everything, and keeps the places. */
  pause(): void;
  resume(): void;
}

/** One screen gives way to the next within this, and the stream stays. */
const LINGER_MS = 1_000;
const A_LITTLE_BEFORE_MS = 10_000;

interface Follower {
  wants: Want[];
  take(signal: Signal): void;
}

export function createLivePage(around: TabSurroundings): LivePage {
  const followers = new Set<Follower>();
  let tab: Tab | null = null;
  let lastState: Signal | null = null;
  let lingering: ReturnType<typeof setTimeout> | undefined;

  function take(signal: Signal): void {
    if (signal.kind === 'state') lastState = signal;
    for (const follower of [...followers]) follower.take(signal);
  }

  function refresh(): void {
    clearTimeout(lingering);
    const wants = [...followers].flatMap((follower) => follower.wants);
    if (wants.length > 0) tab ??= createTab(around, take);
    else lingering = setTimeout(pause, LINGER_MS);
    tab?.want(wants);
  }

  function pause(): void {
    const places = new Map(tab?.wants().map((want) => [want.name, want]));
    for (const follower of followers) follower.wants = follower.wants.map((want) => places.get(want.name) ?? want);
    tab?.leave();
    tab = null;
    lastState = null;
  }

  return {
    open(options) {
      const follower = createFollower(options);
      followers.add(follower);
      if (lastState) follower.take(lastState);
      refresh();
      return {
        change(wish) {
          const wants = toWants(wish);
          follower.wants = wants.map((want) => follower.wants.find((kept) => isSame(kept, want)) ?? want);
          refresh();
        },
        close() {
          followers.delete(follower);
          refresh();
        }
      };
    },
    wake: () => tab?.wake(),
    pause,
    resume: refresh
  };
}

function createFollower(options: LiveOptions): Follower {
  const isNews = createRepeats();
  const follower: Follower = {
    wants: toWants(options),
    take(signal) {
      if (signal.kind === 'state') return options.onState(signal.state, signal.lastFrameAt);
      if (signal.kind !== 'frame' || !follower.wants.some(({ name }) => signal.names.includes(name))) return;
      const frame = readEvent(signal.event, signal.text);
      if (frame?.event === 'reset' || (frame && isNews(frame, signal.text))) options.onFrame(frame);
    }
  };
  return follower;
}

function toWants({ topics, filter = {}, since }: LiveWish): Want[] {
  return topics.map((topic) => ({
    name: Math.random().toString(36).slice(2, 10),
    topic,
    filter: topic === 'inbox' ? filter : {},
    since: since ?? (topic === 'inbox' ? null : new Date(Date.now() - A_LITTLE_BEFORE_MS).toISOString())
  }));
}

function isSame(a: Want, b: Want): boolean {
  return a.topic === b.topic && JSON.stringify(a.filter) === JSON.stringify(b.filter);
}
