// Drops what a subscription has shown already: after a break the server reads an overlap again, rather than miss
// what was committed late.

import { identityOf, type LiveEvent } from './live-events.ts';

const REMEMBERED = 2_000;

/** @returns a function that says whether an event is news; `text` is its JSON */
export function createRepeats(): (live: LiveEvent, text: string) => boolean {
  const known = new Map<string, { version: number | null; text: string }>();
  return (live, text) => {
    const { key, version } = identityOf(live);
    const before = known.get(key);
    if (before && (before.version !== null && version !== null ? before.version >= version : before.text === text)) {
      return false;
    }
    known.delete(key);
    known.set(key, { version, text });
    const oldest = known.keys().next();
    if (known.size > REMEMBERED && !oldest.done) known.delete(oldest.value);
    return true;
  };
}
