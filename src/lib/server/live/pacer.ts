// When frames leave: the first at once, those that follow joined, so that a busy second costs few writes.

/** Later frames wait this long at most … */
const CALM_INTERVAL_MS = 16;
/** … or this, when there are many of them. */
const BUSY_INTERVAL_MS = 50;
const BUSY_FRAMES_PER_SECOND = 200;
/** With thousands of readers a round takes long itself: it is cut into slices, so that the door gets its turns … */
const SLICE_MS = 8;
/** … and rests this many times as long as it took. */
const REST_FACTOR = 2;
const LONGEST_REST_MS = 500;

export interface Pacer {
  /** Calls flush once, soon. A flush that is waiting already is not called twice. */
  schedule(flush: () => void): void;
  /** Counts a published frame. */
  count(): void;
}

export function createPacer(now: () => number = performance.now.bind(performance)): Pacer {
  const waiting = new Set<() => void>();
  const rate = createRate(now);
  let idle = true;
  let roundMs = 0;

  function round(): void {
    const started = now();
    const busy = waiting.size > 0;
    for (const flush of waiting) {
      waiting.delete(flush);
      flush();
      if (now() - started > SLICE_MS) break;
    }
    roundMs += now() - started;
    if (waiting.size > 0) setImmediate(round);
    // Rests even when nobody waits any more, or the second frame would not know that it is not the first.
    else if (busy) rest();
    else idle = true;
  }

  function rest(): void {
    const wanted = rate.perSecond() > BUSY_FRAMES_PER_SECOND ? BUSY_INTERVAL_MS : CALM_INTERVAL_MS;
    setTimeout(round, Math.min(Math.max(wanted, roundMs * REST_FACTOR), LONGEST_REST_MS));
    roundMs = 0;
  }

  return {
    schedule(flush) {
      waiting.add(flush);
      if (!idle) return;
      idle = false;
      // Not in this turn: a batch that publishes fifty messages makes one write of them.
      setImmediate(round);
    },
    count: rate.count
  };
}

/** Counts by windows of a second; the larger of this one and the last is the rate. */
function createRate(now: () => number): { count(): void; perSecond(): number } {
  let windowStart = now();
  let current = 0;
  let last = 0;
  function roll(): void {
    const elapsed = now() - windowStart;
    if (elapsed < 1000) return;
    last = elapsed < 2000 ? current : 0;
    current = 0;
    windowStart = now();
  }
  return {
    count() {
      roll();
      current += 1;
    },
    perSecond() {
      roll();
      return Math.max(current, last);
    }
  };
}
