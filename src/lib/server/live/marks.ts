// Says whom a frame is for, outside the shared bytes: a comment, `: for <name>,<name>`, which readers who do not care
// skip. A browser's one stream carries what all its tabs subscribed (docs/decisions/0003-live-stream.md).

import type { Subscription } from './subscription.ts';

/** Names come and go with the tabs: what is remembered is a convenience. */
const REMEMBERED = 100;

/** @param named false: the reader has one subscription a topic, and needs no mark */
export function createMarks(named: boolean): { of(subscriptions: readonly Subscription[]): Buffer[] } {
  const known = new Map<string, Buffer>();
  return {
    of(subscriptions) {
      if (!named) return [];
      const names = subscriptions.map(({ name }) => name).join();
      const mark = known.get(names) ?? Buffer.from(`: for ${names}\n`);
      if (known.size > REMEMBERED) known.clear();
      known.set(names, mark);
      return [mark];
    }
  };
}
