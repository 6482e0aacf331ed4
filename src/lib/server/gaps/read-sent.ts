// Some pages of a provider's list, as many as a person waits for. The rest is read on with the cursor.

import { type OrProblem, type Sent, type SentList, type Window } from './types.ts';

/** At a hundred lines a page. */
const PAGES_A_LOOK = 3;

export interface Looked {
  /** Lines of the provider's list. */
  count: number;
  /** When the oldest of them was sent; null: there were none. */
  back_to: string | null;
}

export interface ReadSent {
  sent: Sent[];
  next: string | null;
  looked: Looked;
}

/** Reads up to three pages from the cursor on, one line an event. A problem on a later page ends the reading there. */
export async function readSent(list: SentList, window: Window, cursor: string | null): Promise<OrProblem<ReadSent>> {
  const byEvent = new Map<string, Sent>();
  const looked: Looked = { count: 0, back_to: null };
  let next = cursor;
  for (let pages = 0; pages < PAGES_A_LOOK; pages++) {
    const page = await list.page(window, next);
    if ('problem' in page) {
      if (pages === 0) return page;
      break;
    }
    looked.count += page.count;
    looked.back_to = page.backTo ?? looked.back_to;
    for (const sent of page.sent) addTry(byEvent, sent);
    next = page.next;
    if (next === null) break;
  }
  return { sent: [...byEvent.values()], next, looked };
}

/** Tries of one event are lines of their own, newest first: the newest says how it went, the oldest when it was sent. */
function addTry(byEvent: Map<string, Sent>, sent: Sent): void {
  const newer = byEvent.get(sent.event_id);
  byEvent.set(sent.event_id, newer === undefined ? sent : { ...newer, sent_at: sent.sent_at });
}
