// The inbox's last frames, so that a reader who comes back to this node soon, or comes from its page, gets exactly what
// it missed: no overlap, no repeat, nothing asked of the database. Other nodes' readers, and those who were away for
// longer, get theirs from there (replay.ts).

import type { Cursor } from './cursor.ts';
import type { Frame } from './frame.ts';

/** About 5 MB; at 200 messages a second with a delivery each, the last 6 to 12 s. */
const REMEMBERED_FRAMES = 5_000;
/** A reader is expected for so long: its page was just made, or its stream has just broken. */
const EXPECTED_MS = 30_000;
const TOPIC = 'inbox';

export interface Recent {
  /** Somebody may come soon and ask for what was published from this sequence on; nothing for other topics. */
  expect(topic: string, sequence: number): void;
  isExpected(topic: string): boolean;
  remember(frame: Frame): void;
  /** What came before this sequence has a gap. */
  forget(sequence: number): void;
  /** Frames after the place, in order; null when some of them may be unknown. */
  since(cursor: Cursor): Frame[] | null;
  /** Frames up to the place, published at most so long before it. */
  before(cursor: Cursor, milliseconds: number): Frame[];
}

/** @param isWatched whether producers publish all there is at this moment because somebody listens */
export function createRecent(isWatched: (topic: string) => boolean, limit = REMEMBERED_FRAMES): Recent {
  let frames: Frame[] = [];
  let completeFrom = Infinity;
  let expectedUntil = -Infinity;
  const isExpected = (topic: string) => topic === TOPIC && performance.now() < expectedUntil;

  function forget(sequence: number): void {
    frames = [];
    completeFrom = sequence;
  }

  return {
    forget,
    expect(topic, sequence) {
      if (topic !== TOPIC) return;
      // Nobody listened until now, so nothing was published: what is remembered ends with a gap.
      if (!isWatched(TOPIC) && !isExpected(TOPIC)) forget(sequence);
      expectedUntil = performance.now() + EXPECTED_MS;
    },
    isExpected,
    remember(frame) {
      if (!frame.publication.topics.includes(TOPIC)) return;
      frames.push(frame);
      if (frames.length <= limit) return;
      // Halved now and then: shifting one out of thousands for each that comes in costs more.
      frames = frames.slice(-limit / 2);
      completeFrom = (frames[0]?.sequence ?? completeFrom) - 1;
    },
    since(cursor) {
      const isComplete = cursor.sequence >= completeFrom && (isWatched(TOPIC) || isExpected(TOPIC));
      return isComplete ? frames.filter(({ sequence }) => sequence > cursor.sequence) : null;
    },
    before(cursor, milliseconds) {
      const from = cursor.milliseconds - milliseconds;
      return frames.filter((frame) => frame.sequence <= cursor.sequence && frame.milliseconds >= from);
    }
  };
}
