// What this node published lately: so that a reader who comes back, or a second way to the same news, makes no repeat.

import type { Frame } from './frame.ts';

/** More than twice what a replay reads; about 2 MB. */
const REMEMBERED_FRAMES = 10_000;

export interface Sent {
  remember(frame: Frame): void;
  /** Whether this state of the object, or a newer one, was published with a sequence up to the given one. */
  covers(key: string, version: number | null, sequence: number): boolean;
}

export function createSent(limit = REMEMBERED_FRAMES): Sent {
  const frames = new Map<string, { version: number | null; sequence: number }>();
  return {
    remember({ key, version, sequence }) {
      // Deleted first, so that the map stays in order of publication and the oldest falls out.
      frames.delete(key);
      frames.set(key, { version, sequence });
      if (frames.size <= limit) return;
      const oldest = frames.keys().next();
      if (!oldest.done) frames.delete(oldest.value);
    },
    covers(key, version, sequence) {
      const known = frames.get(key);
      if (known === undefined || known.sequence > sequence) return false;
      return version === null || (known.version !== null && known.version >= version);
    }
  };
}
