// What a reader missed, read from the database.
//
// A cursor says when its frame was published. Everything accepted after that was missed; but a message accepted before
// it may have been committed after it, since commit order is not the order of received_at. So replay reads from
// OVERLAP_MS before the cursor. That is enough because the door answers 503 when a batch is not committed within its
// deadline of 10 s, and a batch waits for at most one such before it begins: what was answered 200 was committed
// within 20 s. A delivery is stamped when it is finished, in the transaction that says so. Accounts are absolute: their
// present state is all there is to say.
//
// The overlap brings repeats. The node that published them leaves them out (hub.sentBefore); after a change of node
// the reader drops them by id and version.

import { formatFilter, matchesFields, type InboxFilter } from '#lib/inbox/filter.ts';
import type { DeliveryChange, MessageSummary } from '#lib/inbox/types.ts';
import type { Cursor } from './cursor.ts';
import { stateOf, type Publication } from './frame.ts';
import type { Hub } from './hub.ts';
import { answersTo } from './late.ts';
import type { LiveLoaders } from './loaders.ts';
import { parseTopic, type Topic } from './topic.ts';
import { createTurns } from './turns.ts';
import { isEmpty, withoutStatus } from './wanted.ts';

export const OVERLAP_MS = 25_000;
/** More messages than this are not worth a replay: the page loads its data again. */
const MAX_MISSED_MESSAGES = 500;
/** What is read at most, overlap included. */
const MAX_READ = 5_000;
/** Readers that come back in the same second share a reading. */
const SHARED_MS = 1_000;

/** Topics whose replay is the present state, whatever was missed. */
const ABSOLUTE: Topic['kind'][] = ['account', 'message'];

export interface Missed {
  topic: string;
  filter: InboxFilter;
  since: Cursor;
}

/** In the order to send them; null when there are too many: send a reset. */
export type Replay = (missed: Missed) => Promise<Publication[] | null>;

export function createReplay(hub: Hub, loaders: LiveLoaders, overlapMs = OVERLAP_MS): Replay {
  const turns = createTurns<Publication[] | null>();
  const readings = createReadings(loaders);

  return async ({ topic, filter, since }) => {
    const parsed = parseTopic(topic);
    // A place in the future: the clock went back since, and what was missed cannot be told.
    const isAhead = since.milliseconds > hub.now() + SHARED_MS;
    if (parsed === null || (isAhead && !ABSOLUTE.includes(parsed.kind))) return null;
    const from = Math.floor((since.milliseconds - overlapMs) / SHARED_MS) * SHARED_MS;
    const key = `${topic}?${formatFilter(filter)}#${from}`;
    const read = await turns.next(key, () => readings[parsed.kind](parsed, new Date(from), filter));
    if (read === null || missedMessages(read, since) > MAX_MISSED_MESSAGES) return null;
    return isEmpty(filter) ? read.filter((publication) => !wasSent(hub, since, publication)) : read;
  };
}

type Reading = (topic: Topic, since: Date, filter: InboxFilter) => Promise<Publication[] | null>;

function createReadings(loaders: LiveLoaders): Record<Topic['kind'], Reading> {
  return {
    inbox: (_, since, filter) => readInbox(loaders, since, filter),
    message: (topic) => (topic.kind === 'message' ? readMessage(loaders, topic.id) : Promise.resolve(null)),
    account: (topic) => (topic.kind === 'account' ? readAccount(loaders, topic.id) : Promise.resolve(null)),
    async 'pull-requests'(_, since) {
      const changes = await loaders.loadPullRequests(since, MAX_READ + 1);
      if (changes.length > MAX_READ) return null;
      return changes.map((data) => ({ event: 'pull-requests', data, topics: ['pull-requests'] }));
    }
  };
}

async function readInbox(loaders: LiveLoaders, since: Date, filter: InboxFilter): Promise<Publication[] | null> {
  const [messages, deliveries] = await Promise.all([
    loaders.loadMessages(since, MAX_READ + 1, filter),
    loaders.loadDeliveries(since, MAX_READ + 1)
  ]);
  if (messages.length > MAX_READ || deliveries.length > MAX_READ) return null;
  const arrived = messages
    .filter((message) => matchesFields(filter, message))
    .sort((a, b) => compare(a.received_at, b.received_at) || compare(a.id, b.id))
    .map((data): Publication => ({ event: 'message', data, topics: ['inbox'] }));
  const changed = deliveries.map((data): Publication => ({ event: 'delivery', data, topics: ['inbox'] }));
  if (isEmpty(filter) || deliveries.length === 0) return [...arrived, ...changed];
  return [...arrived, ...(await filtered(loaders, { filter, messages, deliveries }))];
}

/** Deliveries of messages that fit; and those messages that a delivery brought onto the list. */
async function filtered(
  loaders: LiveLoaders,
  read: { filter: InboxFilter; messages: MessageSummary[]; deliveries: DeliveryChange[] }
): Promise<Publication[]> {
  const ids = [...new Set(read.deliveries.map((delivery) => delivery.message_id))];
  const fitting = await loaders.loadMessagesById(ids, withoutStatus(read.filter));
  const byId = new Map(fitting.map((message) => [message.id, message]));
  const listed = new Set(read.messages.map((message) => message.id));
  return read.deliveries.flatMap((data) => {
    const message = byId.get(data.message_id);
    const change: Publication = { event: 'delivery', data, topics: ['inbox'] };
    if (!message) return [];
    return listed.has(message.id) ? [change] : answersTo(change, message, read.filter);
  });
}

async function readMessage(loaders: LiveLoaders, id: string): Promise<Publication[]> {
  const topics = [`message:${id}`];
  const [[message], deliveries] = await Promise.all([
    loaders.loadMessagesById([id], {}),
    loaders.loadDeliveriesOfMessage(id)
  ]);
  if (message === undefined) return [];
  const changes = deliveries.map((each) => ({ ...each, message_id: id, message_status: message.status }));
  return [
    { event: 'message', data: message, topics },
    ...changes.map((data): Publication => ({ event: 'delivery', data, topics }))
  ];
}

async function readAccount(loaders: LiveLoaders, id: number): Promise<Publication[]> {
  const data = await loaders.loadAccount(id);
  return data ? [{ event: 'account', data, topics: [`account:${id}`] }] : [];
}

function missedMessages(read: Publication[], since: Cursor): number {
  return read.filter((each) => each.event === 'message' && Date.parse(each.data.received_at) >= since.milliseconds)
    .length;
}

function wasSent(hub: Hub, since: Cursor, publication: Publication): boolean {
  const { key, version } = stateOf(publication);
  return hub.sentBefore(since, key, version);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
