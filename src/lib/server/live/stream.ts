// One open stream: its subscriptions, and which frames go out for them.

import { createAskers } from './askers.ts';
import { formatEvent, type Frame } from './frame.ts';
import type { Subscriber } from './audience.ts';
import { createMarks } from './marks.ts';
import { openSubscriptions } from './opening.ts';
import type { Outlet, StreamParts } from './parts.ts';
import { createSubscribed } from './subscribed.ts';
import { hold, wasReplayed, type Subscription, type Wish } from './subscription.ts';
import { wanted } from './wanted.ts';
import type { Writer } from './writer.ts';

export interface Stream {
  /** What is subscribed now. */
  subscriptions(): Subscription[];
  /** Subscribes at once; resolves when what was missed has been sent and frames go out as they come. */
  open(wishes: readonly Wish[]): Promise<void>;
  /** Ends subscriptions by name; unknown names change nothing. */
  drop(names: readonly string[]): void;
  /** Ends all of them; nothing is sent any more. */
  end(): void;
  /** Text of a ping: no event, but the place where the reader would go on. */
  ping(): string;
}

/** @param named whether frames say which subscriptions they are for */
export function createStream(parts: StreamParts, writer: Writer, named: boolean): Stream {
  const { hub } = parts;
  const marks = createMarks(named);
  const outlet: Outlet = { send: (to, bytes) => writer.send(...marks.of(to), bytes), drained: writer.drained };
  const askers = createAskers(outlet);
  let opening = 0;

  const subscriber: Subscriber = {
    receive(frame) {
      const watching = frame.publication.topics.flatMap(subscribed.of);
      const open = watching.filter((subscription) => takesNow(subscription, frame));
      if (open.length > 0) outlet.send(open, frame.bytes());
    },
    reset(reason) {
      outlet.send(subscribed.all(), Buffer.from(formatEvent(hub.place(), 'reset', { reason })));
    }
  };

  const subscribed = createSubscribed(hub, subscriber);

  /** False also when the subscription gets it later. */
  function takesNow(subscription: Subscription, frame: Frame): boolean {
    const verdict = wanted(frame.publication, subscription.topic, subscription.filter);
    if (verdict === 'yes' && subscription.waiting) hold(subscription, frame);
    if (verdict === 'ask') parts.late.ask(subscription.filter, frame, askers.of(subscription));
    return verdict === 'yes' && !subscription.waiting && !wasReplayed(subscription, frame);
  }

  return {
    subscriptions: subscribed.all,
    async open(wishes) {
      opening += 1;
      await openSubscriptions(wishes.map(subscribed.add), outlet, { ...parts, offer: takesNow }).finally(
        () => (opening -= 1)
      );
    },
    drop: subscribed.drop,
    end: () => subscribed.drop(subscribed.all().map(({ name }) => name)),
    // While something is opening, a reader that went on from here would miss what is still to be replayed.
    ping: () => (opening > 0 ? ': ping\n\n' : `: ping\nid: ${hub.place()}\n\n`)
  };
}
