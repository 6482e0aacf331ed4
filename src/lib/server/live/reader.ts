// Reads what other nodes changed, and publishes it here: only what somebody watches, one reading at a time, so that
// what comes during one is joined in the next.

import { isNoChange, noChange, type Change } from './hint.ts';
import type { Hub } from './hub.ts';
import type { LiveLoaders } from './loaders.ts';
import { publishChanged, publishSince, watchesMessages } from './reading.ts';

/** When more happens than can be followed, pages load their data again; not more often than this. */
const RESET_INTERVAL_MS = 5_000;

export interface Reader {
  read(change: Change): void;
  /** Reads everything since then, milliseconds, for when it is not known what changed; what went out is left out. */
  readSince(since: number): void;
}

export function createReader(hub: Hub, loaders: LiveLoaders, onError: (error: unknown) => void): Reader {
  const parts = { hub, loaders };
  let pending = noChange();
  let pendingSince: number | null = null;
  let running = false;
  let resetAt = -Infinity;

  async function run(): Promise<void> {
    while (pendingSince !== null || !isNoChange(pending)) {
      const [change, since] = [pending, pendingSince];
      [pending, pendingSince] = [noChange(), null];
      try {
        const isAll = await publishChanged(parts, change);
        if (!isAll || (since !== null && !(await publishSince(parts, since))))
          reset('More happened than could be followed.');
      } catch (error) {
        onError(error);
        reset('What changed on another node could not be read.');
      }
    }
  }

  function reset(reason: string): void {
    if (performance.now() - resetAt < RESET_INTERVAL_MS) return;
    resetAt = performance.now();
    hub.reset(reason);
  }

  function start(): void {
    if (running) return;
    running = true;
    void run().finally(() => (running = false));
  }

  return {
    read(change) {
      add(pending, onlyWatched(hub, change));
      start();
    },
    readSince(since) {
      pendingSince = Math.min(pendingSince ?? since, since);
      start();
    }
  };
}

function onlyWatched(hub: Hub, change: Change): Change {
  return {
    messages: change.messages.filter((id) => hub.watched('inbox') || hub.watched(`message:${id}`)),
    // A delivery's id does not say which message it belongs to.
    deliveries: watchesMessages(hub) ? change.deliveries : [],
    accounts: change.accounts.filter((id) => hub.watched(`account:${id}`)),
    pullRequests: hub.watched('pull-requests') ? change.pullRequests : []
  };
}

/** Adds what more has changed. */
export function add(change: Change, more: Partial<Change>): void {
  change.messages.push(...(more.messages ?? []));
  change.deliveries.push(...(more.deliveries ?? []));
  change.accounts.push(...(more.accounts ?? []));
  change.pullRequests.push(...(more.pullRequests ?? []));
}
