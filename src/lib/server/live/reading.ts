// From the database to this node's screens: what a hint names, or all that is new since a time.

import type { Change } from './hint.ts';
import type { Hub } from './hub.ts';
import type { LiveLoaders } from './loaders.ts';
import { OVERLAP_MS } from './replay.ts';

const MAX_READ = 5_000;

export interface ReadingParts {
  hub: Hub;
  loaders: LiveLoaders;
}

/** @returns false when there was more than is read at once */
export async function publishChanged({ hub, loaders }: ReadingParts, change: Change): Promise<boolean> {
  const messages = [...new Set(change.messages)];
  const deliveries = [...new Set(change.deliveries)];
  if (messages.length > MAX_READ || deliveries.length > MAX_READ) return false;
  if (messages.length > 0) {
    for (const data of await loaders.loadMessagesById(messages, {})) {
      hub.publish({ event: 'message', data, topics: ['inbox', `message:${data.id}`] });
    }
  }
  if (deliveries.length > 0) {
    for (const data of await loaders.loadDeliveriesById(deliveries)) {
      hub.publish({ event: 'delivery', data, topics: ['inbox', `message:${data.message_id}`] });
    }
  }
  await publishAccounts({ hub, loaders }, new Set(change.accounts));
  if (change.pullRequests.length === 0) return true;
  for (const data of await loaders.loadPullRequestsByKey(change.pullRequests)) {
    hub.publish({ event: 'pull-requests', data, topics: ['pull-requests'] });
  }
  return true;
}

/**
 * All that is watched; what went out already is left out.
 * @param since milliseconds of the database's clock
 * @returns false when there was more than is read at once
 */
export async function publishSince({ hub, loaders }: ReadingParts, since: number): Promise<boolean> {
  const from = new Date(since - OVERLAP_MS);
  const topics = [...hub.watchedTopics()];
  const accounts = topics.flatMap((topic) => (topic.startsWith('account:') ? [Number(topic.slice(8))] : []));
  await publishAccounts({ hub, loaders }, new Set(accounts));
  const areMessagesRead = !watchesMessages(hub) || (await publishMessagesSince({ hub, loaders }, from));
  if (!hub.watched('pull-requests')) return areMessagesRead;
  const changes = await loaders.loadPullRequests(from, MAX_READ);
  for (const data of changes) hub.publishNew({ event: 'pull-requests', data, topics: ['pull-requests'] });
  return areMessagesRead && changes.length < MAX_READ;
}

async function publishMessagesSince({ hub, loaders }: ReadingParts, from: Date): Promise<boolean> {
  const messages = await loaders.loadMessages(from, MAX_READ, {});
  const deliveries = await loaders.loadDeliveries(from, MAX_READ);
  for (const data of messages.toSorted((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))) {
    hub.publishNew({ event: 'message', data, topics: ['inbox', `message:${data.id}`] });
  }
  for (const data of deliveries) {
    hub.publishNew({ event: 'delivery', data, topics: ['inbox', `message:${data.message_id}`] });
  }
  return messages.length < MAX_READ && deliveries.length < MAX_READ;
}

async function publishAccounts({ hub, loaders }: ReadingParts, ids: Iterable<number>): Promise<void> {
  for (const id of ids) {
    const data = await loaders.loadAccount(id);
    if (data) hub.publishNew({ event: 'account', data, topics: [`account:${id}`] });
  }
}

export function watchesMessages(hub: Hub): boolean {
  return hub.watched('inbox') || [...hub.watchedTopics()].some((topic) => topic.startsWith('message:'));
}
