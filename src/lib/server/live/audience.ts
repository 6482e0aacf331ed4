// Who watches which topic.

import type { Frame } from './frame.ts';

export interface Subscriber {
  receive(frame: Frame): void;
  /** What it was told may have a gap that no replay closes. */
  reset(reason: string): void;
}

export interface Audience {
  has(topic: string): boolean;
  topics(): Iterable<string>;
  /** Who watches one of these; once, whoever watches several. */
  of(topics: readonly string[]): Iterable<Subscriber>;
  join(topic: string, subscriber: Subscriber): void;
  leave(topic: string, subscriber: Subscriber): void;
}

export function createAudience(): Audience {
  const subscribers = new Map<string, Set<Subscriber>>();
  return {
    has: (topic) => subscribers.has(topic),
    topics: () => subscribers.keys(),
    of(topics) {
      const watching = topics.flatMap((topic) => subscribers.get(topic) ?? []);
      const [only = [], ...more] = watching;
      return more.length === 0 ? only : new Set(watching.flatMap((some) => [...some]));
    },
    join(topic, subscriber) {
      const present = subscribers.get(topic);
      if (present) present.add(subscriber);
      else subscribers.set(topic, new Set([subscriber]));
    },
    leave(topic, subscriber) {
      const present = subscribers.get(topic);
      present?.delete(subscriber);
      if (present?.size === 0) subscribers.delete(topic);
    }
  };
}
