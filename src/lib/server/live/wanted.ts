// Whether a subscription wants a frame, as far as the frame itself can say.

import { matchesFields, matches, type InboxFilter } from '#lib/inbox/filter.ts';
import type { Publication } from './frame.ts';

/** `ask`: only the database knows (late.ts). */
export type Wanted = 'yes' | 'no' | 'ask';

/** Filters are about messages, so only topic `inbox` has them. */
export function wanted(publication: Publication, topic: string, filter: InboxFilter): Wanted {
  if (topic !== 'inbox' || isEmpty(filter)) return 'yes';
  if (publication.event === 'message') {
    if (!matchesFields(filter, publication.data)) return 'no';
    return matches(filter, publication.data) ? 'yes' : 'ask';
  }
  // A delivery does not say which source or event type its message has.
  return publication.event === 'delivery' ? 'ask' : 'yes';
}

export function isEmpty(filter: InboxFilter): boolean {
  return Object.values(filter).every((part) => part === undefined);
}

/** A message that fits all but the status is on the list when a delivery changes it, or leaves the list by that change. */
export function withoutStatus(filter: InboxFilter): InboxFilter {
  const { status: _, ...rest } = filter;
  return rest;
}
