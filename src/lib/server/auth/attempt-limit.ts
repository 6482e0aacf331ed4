// How often something may be tried: a burst, then one more every so often. In memory, bounded, and failing closed.

export interface AttemptLimit {
  /** Counts an attempt. 0: go ahead; otherwise the seconds, rounded up, until the next one may be made. */
  take(key: string): number;
  /** Takes back one attempt that should not count. */
  giveBack(key: string): void;
  /** Forgets all attempts of a key. */
  forget(key: string): void;
}

export interface AttemptLimitOptions {
  burst: number;
  /** How long until one attempt is forgiven. */
  refillMs: number;
  maxKeys: number;
  /** Milliseconds. */
  clock: () => number;
}

/** What all keys share that come when the table is full: they are limited together, never unlimited. */
const OVERFLOW = '';

/** A key is kept as one number: the moment at which all its attempts are forgiven. */
export function createAttemptLimit({ burst, refillMs, maxKeys, clock }: AttemptLimitOptions): AttemptLimit {
  const forgivenAt = new Map<string, number>();
  let sweptAt = -Infinity;

  /** Once per refill at most: in between nothing much is forgiven, and a flood must not scan the table each time. */
  function sweep(now: number): void {
    if (Math.abs(now - sweptAt) < refillMs) return;
    sweptAt = now;
    for (const [key, at] of forgivenAt) if (at <= now) forgivenAt.delete(key);
  }

  function slot(key: string, now: number): string {
    if (forgivenAt.has(key) || forgivenAt.size < maxKeys) return key;
    sweep(now);
    return forgivenAt.size < maxKeys ? key : OVERFLOW;
  }

  return {
    take(key) {
      const now = clock();
      const place = slot(key, now);
      // The upper bound is for a clock that was set back: nobody waits longer than a full burst.
      const debtMs = Math.min(Math.max((forgivenAt.get(place) ?? now) - now, 0), burst * refillMs);
      const waitMs = debtMs + refillMs - burst * refillMs;
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      forgivenAt.set(place, now + debtMs + refillMs);
      return 0;
    },
    giveBack(key) {
      const at = forgivenAt.get(key);
      if (at !== undefined) forgivenAt.set(key, at - refillMs);
    },
    forget: (key) => void forgivenAt.delete(key)
  };
}
