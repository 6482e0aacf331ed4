// What goes between the tab that has the stream and the tabs that listen through it.

import type { InboxFilter } from './filter.ts';

/** One subscription of one tab. */
export interface Want {
  /** Unique in the browser. */
  name: string;
  topic: string;
  filter: InboxFilter;
  /** The place to go on from: an id of a frame, or a time; null: from now on. */
  since: string | null;
}

export type LiveState = 'live' | 'reconnecting' | 'offline';

export type Signal =
  /** `text` is JSON: only tabs that want it parse it. */
  | { kind: 'frame'; names: string[]; event: string; text: string; place: string | null }
  /** What was missed has been sent: from here on the stream's place is theirs. */
  | { kind: 'ready'; names: string[]; place: string | null }
  | { kind: 'place'; place: string }
  | { kind: 'state'; state: LiveState; lastFrameAt: number | null };
