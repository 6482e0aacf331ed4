// What a live frame carries, for both ends of the stream: names of events, and what makes one newer than another.

import type { AccountState, DeliveryChange, MessageSummary, PullRequestChange } from './types.ts';

/** Data by event. All of it is absolute state, so that a repeat is harmless. */
export interface LiveData {
  message: MessageSummary;
  delivery: DeliveryChange;
  account: AccountState;
  'pull-requests': PullRequestChange;
}

/** An event with its data; `reset` means: what you show may have a gap, load it again. */
export type LiveEvent = {
  [E in keyof LiveData]: { event: E; data: LiveData[E] };
}[keyof LiveData];

export interface LiveReset {
  event: 'reset';
  data: { reason: string };
}

/** A message has no version: its key alone says which one it is. */
export interface LiveIdentity {
  key: string;
  version: number | null;
}

/** Which object an event is about, and which state of it. */
export function identityOf(live: LiveEvent): LiveIdentity {
  switch (live.event) {
    case 'message':
      return { key: `message:${live.data.id}`, version: null };
    case 'delivery':
      return { key: `delivery:${live.data.id}`, version: live.data.version };
    case 'account':
      return { key: `account:${live.data.id}`, version: live.data.version };
    case 'pull-requests':
      return { key: `pull-request:${live.data.repository}#${live.data.number}`, version: live.data.version };
  }
}
