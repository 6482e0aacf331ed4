// One stream per browser, not per tab, as browsers open six connections to a server at most: the tab that holds a lock
// has the stream and passes on what comes; when it closes, the lock goes to another, which goes on from the place that
// each tab knows for its own subscriptions. Tabs of browsers without locks or channels have a stream each.

import type { Surroundings } from './live-connection.ts';
import { holdTabLock, standForElection, type Locks } from './live-election.ts';
import { createLeader, type Channel, type Leader } from './live-leader.ts';
import { createPlaces } from './live-places.ts';
import type { Signal, Want } from './live-signal.ts';

/** What a tab finds around it. */
export interface TabSurroundings extends Surroundings {
  isVisible(): boolean;
  /** null: no tab hears another. */
  openChannel(): Channel | null;
  /** null without Web Locks. */
  locks: Locks | null;
}

export interface Tab {
  want(wants: readonly Want[]): void;
  /** What is wanted, with the places reached. */
  wants(): Want[];
  /** In front again, or the network came or went. */
  wake(): void;
  leave(): void;
}

export function createTab(around: TabSurroundings, onSignal: (signal: Signal) => void): Tab {
  const id = Math.random().toString(36).slice(2, 10);
  const places = createPlaces();
  const channel = around.locks ? around.openChannel() : null;
  const leaving = new AbortController();
  let leader: Leader | null = null;

  function take(signal: Signal): void {
    election.heard();
    places.take(signal);
    onSignal(signal);
  }

  function tell(): void {
    channel?.post({ kind: 'wants', tab: id, wants: places.wants() });
  }

  function stepDown(): void {
    leader?.stop();
    leader = null;
    places.lost();
  }

  channel?.onMessage((message) => {
    if (leader) leader.receive(message);
    else if (message.kind === 'signal') take(message.signal);
    else if (message.kind === 'who') tell();
  });
  holdTabLock(around.locks, id, leaving.signal);
  const election = standForElection(channel ? around.locks : null, leaving.signal, {
    lead: () => (leader ??= createLeader(around, { channel, own: places.wants, take })),
    stepDown,
    isWaiting: () => around.isVisible() && places.wants().length > 0
  });

  return {
    want(wants) {
      places.set(wants);
      if (leader) leader.refresh();
      else tell();
    },
    wants: places.wants,
    wake() {
      election.look();
      if (leader) leader.wake();
      else channel?.post({ kind: 'wake' });
    },
    leave() {
      leaving.abort();
      stepDown();
      channel?.post({ kind: 'bye', tab: id });
      channel?.close();
    }
  };
}
