// The order on opening: subscribed already, now what was missed, then what came meanwhile. No gap, because frames wait
// from before the reading began; no repeat, because what the replay brought is left out of them.

import { formatCursor, type Cursor } from './cursor.ts';
import { createFrame, formatEvent, type Frame, type Publication } from './frame.ts';
import type { Outlet, StreamParts } from './parts.ts';
import { noteReplayed, takeWaiting, type Subscription, type Wish } from './subscription.ts';
import { wanted } from './wanted.ts';

/** Sent between looks at whether the reader keeps up: well below what cuts it off. */
const SLICE_BYTES = 128 * 1024;

/** What a stream does with a frame for one of its subscriptions. */
export type Offer = (subscription: Subscription, frame: Frame) => void;

/**
 * Opens what was subscribed together, together: until all of it is replayed none of it moves the reader's place, or a
 * reader that is cut off in the middle would go on behind what it has not got.
 */
export async function openSubscriptions(
  subscriptions: readonly Subscription[],
  outlet: Outlet,
  parts: StreamParts & { offer: Offer }
): Promise<void> {
  await Promise.all(subscriptions.map((subscription) => bringMissed(subscription, outlet, parts)));
  for (let waiting = takeAll(subscriptions); waiting.length > 0; waiting = takeAll(subscriptions)) {
    await sendSlowly(waiting, outlet);
  }
  for (const subscription of subscriptions) {
    // In the same turn as the last look at what waits: from here on frames go out as they come.
    subscription.waiting = null;
    if (subscription.gap !== null && !subscription.dropped) sendReset(subscription, subscription.gap, outlet);
  }
  const names = subscriptions.map(({ name }) => name);
  outlet.send(subscriptions, Buffer.from(formatEvent(parts.hub.place(), 'ready', { subscriptions: names })));
}

/** From this node's memory, where it goes back far enough, else from the database. */
async function bringMissed(
  subscription: Subscription,
  outlet: Outlet,
  parts: StreamParts & { offer: Offer }
): Promise<void> {
  const { since } = subscription;
  if (since === null || offerRecent(subscription, since, parts)) return;
  const read = await readMissed(subscription, since, parts);
  if (typeof read === 'string') {
    subscription.gap = read;
    return;
  }
  // The reader's place stays where it was until everything is out.
  const frames = read.map((publication) => createFrame(publication, since));
  noteReplayed(subscription, frames);
  await sendSlowly(
    frames.map((frame) => [frame, [subscription]]),
    outlet
  );
}

/** What only the database can decide is sent later than it was published, by so much at most. */
const DECIDED_WITHIN_MS = 10_000;

/** They wait with those that come meanwhile, as if the reader had been here all the time. */
function offerRecent(
  subscription: Subscription,
  since: Cursor,
  { hub, offer }: StreamParts & { offer: Offer }
): boolean {
  const frames = subscription.topic === 'inbox' ? hub.recent.since(since) : null;
  if (frames === null) return false;
  const undecided = hub.recent
    .before(since, DECIDED_WITHIN_MS)
    .filter(({ publication }) => wanted(publication, subscription.topic, subscription.filter) === 'ask');
  for (const frame of [...undecided, ...frames]) offer(subscription, frame);
  return true;
}

/** What was missed; or, as a sentence, why it cannot be replayed. */
async function readMissed(wish: Subscription, since: Cursor, parts: StreamParts): Promise<Publication[] | string> {
  try {
    return (
      (await parts.replay({ topic: wish.topic, filter: wish.filter, since })) ?? 'Too much was missed to replay it.'
    );
  } catch (error) {
    parts.onError(error);
    return 'What was missed could not be read.';
  }
}

type Addressed = [Frame, Subscription[]];

/** Never more at once than the reader takes. */
async function sendSlowly(frames: readonly Addressed[], outlet: Outlet): Promise<void> {
  let sliceBytes = 0;
  for (const [frame, takers] of frames) {
    const staying = takers.filter(({ dropped }) => !dropped);
    if (staying.length === 0) continue;
    outlet.send(staying, frame.bytes());
    sliceBytes += frame.bytes().length;
    if (sliceBytes < SLICE_BYTES) continue;
    sliceBytes = 0;
    await outlet.drained();
  }
}

/** Frames that wait, in the order in which they were published, with the subscriptions that want each. */
function takeAll(subscriptions: readonly Subscription[]): Addressed[] {
  const takers = new Map<Frame, Subscription[]>();
  for (const subscription of subscriptions) {
    for (const frame of takeWaiting(subscription)) {
      const known = takers.get(frame);
      if (known) known.push(subscription);
      else takers.set(frame, [subscription]);
    }
  }
  return [...takers].sort(([a], [b]) => a.sequence - b.sequence);
}

function sendReset(subscription: Subscription, reason: string, outlet: Outlet): void {
  outlet.send([subscription], Buffer.from(formatEvent(null, 'reset', { reason })));
}

/** The first words of a stream: its id, and where the reader would go on. */
export function hello(id: string, wishes: readonly Wish[], place: string): Buffer {
  return Buffer.from(formatEvent(oldest(wishes) ?? place, 'hello', { stream: id }));
}

/** The place behind which nothing was missed; null when nobody asks for a replay. */
function oldest(wishes: readonly Wish[]): string | null {
  const places = wishes.map((wish) => wish.since).filter((since) => since !== null);
  const [first] = places.sort((a, b) => a.milliseconds - b.milliseconds);
  return first ? formatCursor(first) : null;
}
