// The inbox as it grows: the rows that are shown, and the new ones that wait until nobody is disturbed by them. Pure:
// every function gives a new tail back.

import type { DeliveryChange, MessageSummary } from './types.ts';

/** More than this is not kept on a screen: what is older is a page away. */
export const MAX_ROWS = 200;

export interface Tail {
  /** Newest first. */
  rows: readonly MessageSummary[];
  /** New ones that are not shown yet, newest first; the newest MAX_ROWS of them. */
  waiting: readonly MessageSummary[];
  /** How many are new and not shown, also those that are not kept. */
  newCount: number;
  /** Rows were let go at the lower end: what follows begins below the last row, not where the server said. */
  trimmed: boolean;
}

export function startTail(rows: readonly MessageSummary[]): Tail {
  return { rows, waiting: [], newCount: 0, trimmed: false };
}

/** Whether it is shown or waits already. */
export function isKnown(tail: Tail, id: string): boolean {
  return has(tail.rows, id) || has(tail.waiting, id);
}

/** A message that came, or one that is known in a newer state. `follow`: show it at once. */
export function takeMessage(tail: Tail, message: MessageSummary, follow: boolean): Tail {
  if (has(tail.rows, message.id)) return { ...tail, rows: replace(tail.rows, message) };
  if (has(tail.waiting, message.id)) return { ...tail, waiting: replace(tail.waiting, message) };
  if (!follow) {
    const waiting = insert(tail.waiting, message).slice(0, MAX_ROWS);
    return { ...tail, waiting, newCount: tail.newCount + 1 };
  }
  return trim({ ...tail, rows: insert(tail.rows, message) });
}

/** A delivery has moved: its message's status, in its place. */
export function takeDelivery(tail: Tail, change: DeliveryChange): Tail {
  const move = (messages: readonly MessageSummary[]) => {
    const known = messages.find(({ id }) => id === change.message_id);
    if (!known || known.status === change.message_status) return messages;
    return replace(messages, { ...known, status: change.message_status });
  };
  const [rows, waiting] = [move(tail.rows), move(tail.waiting)];
  return rows === tail.rows && waiting === tail.waiting ? tail : { ...tail, rows, waiting };
}

/** Lets go of rows that no longer pass. */
export function dropRows(tail: Tail, passes: (message: MessageSummary) => boolean): Tail {
  return tail.rows.every(passes) ? tail : { ...tail, rows: tail.rows.filter(passes) };
}

/** Shows what waits. If more came than was kept there is a gap below it: then only what waits is shown. */
export function showWaiting(tail: Tail): Tail {
  if (tail.newCount === 0) return tail;
  const hasGap = tail.newCount > tail.waiting.length;
  const rows = hasGap ? tail.waiting : tail.waiting.reduceRight<readonly MessageSummary[]>(insert, tail.rows);
  return trim({ rows, waiting: [], newCount: 0, trimmed: tail.trimmed || hasGap });
}

function trim(tail: Tail): Tail {
  if (tail.rows.length <= MAX_ROWS) return tail;
  return { ...tail, rows: tail.rows.slice(0, MAX_ROWS), trimmed: true };
}

const has = (messages: readonly MessageSummary[], id: string) => messages.some((message) => message.id === id);

function replace(messages: readonly MessageSummary[], next: MessageSummary): readonly MessageSummary[] {
  return messages.map((message) => (message.id === next.id ? next : message));
}

/** By id, which begins with the time: commits, and so frames, come in another order than messages. */
function insert(messages: readonly MessageSummary[], message: MessageSummary): readonly MessageSummary[] {
  const at = messages.findIndex(({ id }) => id <= message.id);
  if (at === -1) return [...messages, message];
  return messages[at]?.id === message.id ? messages : [...messages.slice(0, at), message, ...messages.slice(at)];
}
