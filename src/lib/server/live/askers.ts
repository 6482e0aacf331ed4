// A subscription as late.ts sees it: one that waits for the database's word.

import { formatEvent } from './frame.ts';
import type { Asking } from './late.ts';
import type { Outlet } from './parts.ts';
import { hold, wasReplayed, type Subscription } from './subscription.ts';

/** The same asker for every question of a subscription, so that a failure reaches it once. */
export function createAskers(outlet: Outlet): { of(subscription: Subscription): Asking } {
  const askers = new WeakMap<Subscription, Asking>();
  return {
    of(subscription) {
      const asker = askers.get(subscription) ?? askerOf(subscription, outlet);
      askers.set(subscription, asker);
      return asker;
    }
  };
}

function askerOf(subscription: Subscription, outlet: Outlet): Asking {
  return {
    receive(frame) {
      if (subscription.dropped) return;
      if (subscription.waiting) hold(subscription, frame);
      else if (!wasReplayed(subscription, frame)) outlet.send([subscription], frame.bytes());
    },
    fail() {
      if (subscription.dropped) return;
      const reason = 'The database did not say whether a change belongs here.';
      outlet.send([subscription], Buffer.from(formatEvent(null, 'reset', { reason })));
    }
  };
}
