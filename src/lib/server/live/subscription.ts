// One wish of a stream: a topic, seen through a filter. While it is opening, its frames wait behind the replay.

import type { InboxFilter } from '#lib/inbox/filter.ts';
import type { Cursor } from './cursor.ts';
import type { Frame } from './frame.ts';

/** What a reader asks for. */
export interface Wish {
  /** The reader's own word for it, said with each of its frames where a reader has several; the topic by default. */
  name: string;
  topic: string;
  filter: InboxFilter;
  /** null: from now on, no replay. */
  since: Cursor | null;
}

/** More than this while a replay is being read: the reader's page loads its data again. */
const MAX_WAITING_FRAMES = 5_000;
/** Between a commit and its frame, on this node; a hint from another takes 50 ms. */
const PUBLISHED_WITHIN_MS = 5_000;

export interface Subscription extends Wish {
  /** Frames that wait while it is opening; null once it is open. */
  waiting: Frame[] | null;
  /** What was replayed, by key: what comes after it and is not newer is a repeat. */
  replayed: Map<string, number | null>;
  /** By performance.now(). */
  replayedAt: number;
  /** Why it has a gap that only a reset mends; null: it has none. */
  gap: string | null;
  dropped: boolean;
}

export function createSubscription(wish: Wish): Subscription {
  return {
    ...wish,
    waiting: [],
    replayed: new Map(),
    replayedAt: 0,
    gap: null,
    dropped: false
  };
}

/** Keeps a frame for when the replay is out. */
export function hold(subscription: Subscription, frame: Frame): void {
  if (subscription.gap !== null) return;
  subscription.waiting?.push(frame);
  if ((subscription.waiting?.length ?? 0) <= MAX_WAITING_FRAMES) return;
  subscription.waiting = [];
  subscription.gap = `More than ${MAX_WAITING_FRAMES} changes came while the missed ones were read.`;
}

/** What has waited until now and was not replayed. */
export function takeWaiting(subscription: Subscription): Frame[] {
  const waited = subscription.waiting ?? [];
  subscription.waiting = [];
  return waited.filter((frame) => !wasReplayed(subscription, frame));
}

/**
 * Whether the replay brought this, or newer. A message without a version is its arrival, which the replay has read at
 * least as new. True also for a while after the opening: a commit that the replay saw may be published only then.
 */
export function wasReplayed(subscription: Subscription, { key, version }: Frame): boolean {
  const { replayed, replayedAt } = subscription;
  if (replayed.size === 0) return false;
  if (subscription.waiting === null && performance.now() - replayedAt > PUBLISHED_WITHIN_MS) {
    replayed.clear();
    return false;
  }
  const read = replayed.get(key);
  return read !== undefined && (version === null || (read !== null && version <= read));
}

/** Notes what a replay brought. */
export function noteReplayed(subscription: Subscription, frames: readonly Frame[]): void {
  for (const { key, version } of frames) subscription.replayed.set(key, version);
  subscription.replayedAt = performance.now();
}
