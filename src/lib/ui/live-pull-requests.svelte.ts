// The board of pull requests that follows its stream.

import { SvelteMap } from 'svelte/reactivity';
import { online } from 'svelte/reactivity/window';
import { openLive } from '#lib/inbox/live-client.ts';
import type { PullRequest, PullRequestChange } from '#lib/inbox/types.ts';
import type { Connection } from './live-connection.ts';

export interface BoardReading {
  pullRequests: PullRequest[];
  counts: { repository: string; awaiting_count: number }[];
}

export interface RepositoryBoard {
  repository: string;
  awaitingCount: number;
  awaiting: PullRequest[];
  others: PullRequest[];
}

const keyOf = (pullRequest: PullRequest) => `${pullRequest.repository}#${pullRequest.number}`;

/**
 * Call it while a component is being made.
 * @param loaded the page's data
 * @param reload loads it again: the stream has a gap, or a repository is new or renamed
 */
export function livePullRequests(loaded: () => BoardReading, reload: () => void) {
  const changes = new SvelteMap<string, PullRequestChange>();
  let connection = $state<Connection>('connecting');
  const boards = $derived(toBoards(loaded(), changes));

  function take(change: PullRequestChange) {
    const key = keyOf(change);
    const known = changes.get(key) ?? loaded().pullRequests.find((one) => keyOf(one) === key);
    if (known && known.version >= change.version) return;
    changes.set(key, change);
    if (!loaded().counts.some((count) => count.repository === change.repository)) reload();
  }

  $effect(() => {
    const stream = openLive({
      topics: ['pull-requests'],
      onFrame(frame) {
        if (frame.event === 'pull-requests') take(frame.data);
        if (frame.event === 'reset') reload();
      },
      onState: (state) => (connection = state)
    });
    return () => stream.close();
  });

  return {
    get boards() {
      return boards;
    },
    get connection(): Connection {
      // The browser knows at once what an open stream notices only when its next ping stays away.
      return online.current === false ? 'offline' : connection;
    }
  };
}

function toBoards(reading: BoardReading, changes: ReadonlyMap<string, PullRequestChange>): RepositoryBoard[] {
  const byKey = new Map(reading.pullRequests.map((one) => [keyOf(one), one]));
  const counts = new Map(reading.counts.map((count) => [count.repository, count.awaiting_count]));
  for (const [key, change] of changes) {
    if ((byKey.get(key)?.version ?? 0) >= change.version) continue;
    byKey.set(key, change);
    counts.set(change.repository, change.awaiting_count);
  }
  const all = [...byKey.values()].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([repository, awaitingCount]) => {
      const own = all.filter((one) => one.repository === repository);
      return {
        repository,
        awaitingCount,
        awaiting: own.filter((one) => one.awaiting_review),
        others: own.filter((one) => !one.awaiting_review)
      };
    });
}
