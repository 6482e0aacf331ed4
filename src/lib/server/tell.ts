// What a commit tells: screens that watch here at once, other nodes by a hint. Only after the commit, and only what
// somebody watches is built.

import type { Logger } from 'pino';
import { accountState } from '#lib/server/accounts/state.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { BatchOutcome } from '#lib/server/deliver/run-handlers.ts';
import type { Hub } from '#lib/server/live/hub.ts';
import type { Hints } from '#lib/server/live/nodes.ts';
import { deliveryChanges } from '#lib/server/log/read-delivery.ts';
import type { Committed } from '#lib/server/log/log.ts';
import { loadSummaries } from '#lib/server/log/summaries.ts';
import { pullRequestsByKey } from '#lib/server/pull-requests/list.ts';
import { toSummary, type Passage } from './way.ts';

export interface TellerParts {
  hub: Hub;
  hints: Hints;
  database: Database;
  logger: Logger;
}

/** Makes the teller. Its functions return at once and never throw: a screen that misses a frame reads it later. */
export function createTeller(parts: TellerParts) {
  const { hub, hints, logger } = parts;
  const later = (work: Promise<void>): void => {
    work.catch((error: unknown) => logger.warn({ err: error }, 'a change could not be told to open screens'));
  };
  return {
    /** A batch is in the log. */
    logged(committed: Committed<Passage>): void {
      hints.messages(committed.entries.map((entry) => entry.id));
      if (!hub.watched('inbox')) return;
      committed.entries.forEach((entry, i) => {
        const data = toSummary(entry, committed.logged[i]?.duplicateOf ?? null);
        hub.publish({ event: 'message', data, topics: ['inbox', `message:${entry.id}`] });
      });
    },
    /** Deliveries were tried, with what their handlers changed. */
    delivered({ settled, changed }: BatchOutcome): void {
      const deliveries = settled.map(({ work }) => ({ id: work.id, messageId: work.message.id }));
      hints.deliveries(deliveries.map(({ id }) => id));
      if (deliveries.some((delivery) => isWatched(hub, delivery.messageId))) {
        later(
          tellDeliveries(
            parts,
            deliveries.map(({ id }) => id)
          )
        );
      }
      const accounts = new Set(changed.flatMap(([topic]) => (topic === 'pull-requests' ? [] : [topic])));
      for (const topic of accounts) later(tellAccount(parts, topic));
      const keys = changed.flatMap(([, key]) => pullRequestKey(key));
      if (keys.length > 0) later(tellPullRequests(parts, keys));
    },
    /** Stored messages were judged anew, and deliveries of theirs made. */
    mended(messageIds: string[], deliveryIds: string[]): void {
      hints.messages(messageIds);
      hints.deliveries(deliveryIds);
      if (messageIds.some((id) => isWatched(hub, id))) later(tellMended(parts, messageIds, deliveryIds));
    },
    /** Deliveries are due again, by a person's click. */
    requeued(ids: string[]): void {
      hints.deliveries(ids);
      later(tellDeliveries(parts, ids));
    },
    /** An account was changed by hand. */
    account: (id: number): void => later(tellAccount(parts, `account:${id}`))
  };
}

export type Teller = ReturnType<typeof createTeller>;

const isWatched = (hub: Hub, messageId: string): boolean => hub.watched('inbox') || hub.watched(`message:${messageId}`);

async function tellMended(parts: TellerParts, messageIds: string[], deliveryIds: string[]): Promise<void> {
  for (const data of await loadSummaries(parts.database, messageIds)) {
    parts.hub.publish({ event: 'message', data, topics: ['inbox', `message:${data.id}`] });
  }
  await tellDeliveries(parts, deliveryIds);
}

async function tellDeliveries({ hub, database }: TellerParts, ids: string[]): Promise<void> {
  for (const data of await deliveryChanges(database, ids)) {
    hub.publish({ event: 'delivery', data, topics: ['inbox', `message:${data.message_id}`] });
  }
}

async function tellAccount({ hub, hints, database }: TellerParts, topic: `account:${number}`): Promise<void> {
  const id = Number(topic.slice('account:'.length));
  hints.accounts([id]);
  if (!hub.watched(topic)) return;
  const data = await accountState(database, id);
  if (data) hub.publish({ event: 'account', data, topics: [topic] });
}

async function tellPullRequests({ hub, hints, database }: TellerParts, keys: [string, number][]): Promise<void> {
  hints.pullRequests(keys);
  if (!hub.watched('pull-requests')) return;
  for (const data of await pullRequestsByKey(database, keys)) {
    hub.publish({ event: 'pull-requests', data, topics: ['pull-requests'] });
  }
}

function pullRequestKey(key: Record<string, string | number>): [string, number][] {
  const { repository, number } = key;
  return typeof repository === 'string' && typeof number === 'number' ? [[repository, number]] : [];
}
