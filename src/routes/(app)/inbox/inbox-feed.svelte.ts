// The list that follows its stream: what was loaded, what came since, and why it pauses.

import { untrack } from 'svelte';
import { matchesFields, type InboxFilter } from '#lib/inbox/filter.ts';
import { formatCount } from '#lib/inbox/format.ts';
import {
  dropRows,
  isKnown,
  showWaiting,
  startTail,
  takeDelivery,
  takeMessage,
  type Tail
} from '#lib/inbox/inbox-tail.ts';
import { openLive, type LiveFrame } from '#lib/inbox/live-client.ts';
import type { MessageSummary } from '#lib/inbox/types.ts';
import { createAnnouncer } from '#lib/ui/announcer.svelte.ts';
import type { Connection } from '#lib/ui/live-connection.ts';
import { createPauses } from './pauses.svelte.ts';

export interface InboxReading {
  messages: MessageSummary[];
  isNewest: boolean;
  live: { since: string; filter: InboxFilter };
}

const FASTEST_PER_SECOND = 20;

/** Call it while a component is being made. @param reload loads the page's data again: the stream has a gap */
export function inboxFeed(loaded: () => InboxReading, reload: () => void) {
  const announcer = createAnnouncer();
  const pauses = createPauses(() => loaded().isNewest);
  const pace = createPace((isBusy) => pauses.set('busy', isBusy));
  let tail = $derived<Tail>(startTail(loaded().messages));
  let connection = $state<Connection>('connecting');

  function take(frame: LiveFrame) {
    if (frame.event === 'reset') return reload();
    if (frame.event === 'delivery') tail = settle(takeDelivery(tail, frame.data));
    if (frame.event !== 'message') return;
    // After a break the stream repeats some: those are no news.
    if (!isKnown(tail, frame.data.id)) pace.count();
    tail = takeMessage(tail, frame.data, pauses.reason === null);
    if (tail.newCount > 0) announcer.announce(formatCount(tail.newCount, 'new message'));
  }

  /** A row that does not pass any more goes, unless somebody is reading there. */
  function settle(next: Tail): Tail {
    const { status } = loaded().live.filter;
    if (pauses.reason !== null || status === undefined) return next;
    return dropRows(next, (row) => matchesFields({ status }, row));
  }

  function show() {
    tail = settle(showWaiting(tail));
  }

  $effect(() => {
    const { since, filter } = loaded().live;
    const onState = (state: Connection) => (connection = state);
    const stream = openLive({ topics: ['inbox'], filter, since, onFrame: take, onState });
    return () => {
      stream.close();
      announcer.stop();
      pace.stop();
    };
  });

  $effect(() => {
    if (pauses.reason === null) untrack(show);
  });

  return {
    pauses,
    show,
    get tail() {
      return tail;
    },
    /** Paused is ours, all else the connection's. */
    get state(): Connection {
      return pauses.reason !== null && connection === 'live' ? 'paused' : connection;
    },
    get announcement() {
      return announcer.text;
    }
  };
}

export type InboxFeed = ReturnType<typeof inboxFeed>;

/** Tells when more than 20 came within a second, and when it is quiet again. */
function createPace(tell: (isBusy: boolean) => void) {
  let times: number[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;

  const recent = () => (times = times.filter((time) => time > performance.now() - 1000)).length;
  function stop() {
    clearInterval(timer);
    timer = undefined;
  }
  function look() {
    if (recent() > FASTEST_PER_SECOND) return;
    stop();
    tell(false);
  }

  return {
    stop,
    count() {
      times.push(performance.now());
      if (recent() <= FASTEST_PER_SECOND || timer !== undefined) return;
      tell(true);
      timer = setInterval(look, 250);
    }
  };
}
