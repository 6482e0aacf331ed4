// What one stream is subscribed to now, by topic; the hub knows the stream once a topic.

import type { Subscriber } from './audience.ts';
import type { Hub } from './hub.ts';
import { createSubscription, type Subscription, type Wish } from './subscription.ts';

export interface Subscribed {
  all(): Subscription[];
  of(topic: string): Subscription[];
  add(wish: Wish): Subscription;
  drop(names: readonly string[]): void;
}

export function createSubscribed(hub: Hub, subscriber: Subscriber): Subscribed {
  const byTopic = new Map<string, Subscription[]>();
  const of = (topic: string) => byTopic.get(topic) ?? [];
  return {
    all: () => [...byTopic.values()].flat(),
    of,
    add(wish) {
      const added = createSubscription(wish);
      byTopic.set(wish.topic, [...of(wish.topic), added]);
      hub.join(wish.topic, subscriber);
      return added;
    },
    drop(names) {
      for (const [topic, subscriptions] of byTopic) {
        const kept = subscriptions.filter(({ name }) => !names.includes(name));
        for (const each of subscriptions) each.dropped ||= names.includes(each.name);
        if (kept.length > 0) byTopic.set(topic, kept);
        else {
          byTopic.delete(topic);
          hub.leave(topic, subscriber);
        }
      }
    }
  };
}
