// The tab that has the stream: unites what all tabs want, and passes on what comes.

import { createConnection, type Surroundings } from './live-connection.ts';
import { onTabGone, type Locks } from './live-election.ts';
import type { Signal, Want } from './live-signal.ts';

/** What a new leader waits for the others' wishes, so that it opens one stream for all of them. */
const GATHER_MS = 40;

export interface Channel {
  post(message: TabMessage): void;
  onMessage(take: (message: TabMessage) => void): void;
  close(): void;
}

export type TabMessage =
  | { kind: 'wants'; tab: string; wants: Want[] }
  | { kind: 'bye'; tab: string }
  /** The leader is new: say what you want. */
  | { kind: 'who' }
  | { kind: 'wake' }
  | { kind: 'signal'; signal: Signal };

export interface Leader {
  /** What this tab wants has changed. */
  refresh(): void;
  receive(message: TabMessage): void;
  wake(): void;
  stop(): void;
}

interface LeaderParts {
  channel: Channel | null;
  own(): Want[];
  take(signal: Signal): void;
}

/** The stream for all tabs. */
export function createLeader(
  around: Surroundings & { locks: Locks | null },
  { channel, own, take }: LeaderParts
): Leader {
  const others = new Map<string, Want[]>();
  let lastState: Signal | null = null;
  const connection = createConnection(around, (signal) => {
    if (signal.kind === 'state') lastState = signal;
    channel?.post({ kind: 'signal', signal });
    take(signal);
  });
  let gathering: ReturnType<typeof setTimeout> | null = setTimeout(gathered, channel ? GATHER_MS : 0);
  channel?.post({ kind: 'who' });

  function gathered(): void {
    gathering = null;
    refresh();
  }

  function refresh(): void {
    if (gathering === null) connection.want([...own(), ...[...others.values()].flat()]);
  }

  function forget(tab: string): void {
    if (others.delete(tab)) refresh();
  }

  function hear(tab: string, wants: Want[]): void {
    const isNew = !others.has(tab);
    others.set(tab, wants);
    refresh();
    if (lastState) channel?.post({ kind: 'signal', signal: lastState });
    if (isNew) onTabGone(around.locks, tab, () => forget(tab));
  }

  return {
    refresh,
    receive(message) {
      if (message.kind === 'wake') connection.wake();
      if (message.kind === 'bye') forget(message.tab);
      if (message.kind === 'wants') hear(message.tab, message.wants);
    },
    wake: connection.wake,
    stop() {
      if (gathering !== null) clearTimeout(gathering);
      others.clear();
      connection.close();
    }
  };
}
