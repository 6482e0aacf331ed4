// An account that follows its stream: what the page was loaded with, until a newer version arrives.

import { online } from 'svelte/reactivity/window';
import { openLive } from '#lib/inbox/live-client.ts';
import { formatMoney } from '#lib/inbox/money.ts';
import type { AccountState } from '#lib/inbox/types.ts';
import { createAnnouncer } from './announcer.svelte.ts';
import type { Connection } from './live-connection.ts';

export interface AccountReading {
  account: AccountState;
  /** When it was read or arrived, ISO 8601. */
  asOf: string;
}

/**
 * Call it while a component is being made.
 * @param loaded the page's data
 * @param reload loads the page's data again: the stream has a gap
 */
export function liveAccount(loaded: () => AccountReading, reload: () => void) {
  const announcer = createAnnouncer();
  let arrived = $state.raw<AccountReading | null>(null);
  let connection = $state<Connection>('connecting');
  let change = $state.raw<{ amount: number; at: number } | null>(null);
  const id = $derived(loaded().account.id);
  const newest = $derived.by(() => {
    const first = loaded();
    const isNewer = arrived?.account.id === first.account.id && arrived.account.version >= first.account.version;
    return isNewer && arrived ? arrived : first;
  });

  function take(next: AccountState) {
    const before = newest.account;
    if (next.id !== before.id || next.version <= before.version) return;
    arrived = { account: next, asOf: new Date().toISOString() };
    const amount = next.balance - before.balance;
    if (amount === 0) return;
    change = { amount, at: Date.now() };
    announcer.announce(`Balance ${formatMoney(next.balance, next.currency)}`);
  }

  $effect(() => {
    const stream = openLive({
      topics: [`account:${id}`],
      onFrame(frame) {
        if (frame.event === 'account') take(frame.data);
        if (frame.event === 'reset') reload();
      },
      onState: (state) => (connection = state)
    });
    return () => {
      stream.close();
      announcer.stop();
      change = null;
    };
  });

  return {
    get reading() {
      return newest;
    },
    get connection(): Connection {
      // The browser knows at once what an open stream notices only when its next ping stays away.
      return online.current === false ? 'offline' : connection;
    },
    get change() {
      return change;
    },
    get announcement() {
      return announcer.text;
    }
  };
}
