// What was looked up a moment ago: many requests with one key ask the database once. Bounded in time and in size.

export interface Recent<T> {
  /** The value of a name, looked up at most once per `keptMs`, also when many ask at once. A failed lookup is not kept. */
  get(name: string, lookUp: () => Promise<T>): Promise<T>;
  clear(): void;
}

export interface RecentOptions {
  keptMs: number;
  maxEntries: number;
  /** Milliseconds since 1970. */
  clock: () => number;
}

export function createRecent<T>({ keptMs, maxEntries, clock }: RecentOptions): Recent<T> {
  const entries = new Map<string, { value: Promise<T>; since: number }>();

  function start(name: string, lookUp: () => Promise<T>): Promise<T> {
    const [oldest] = entries.keys();
    if (oldest !== undefined && entries.size >= maxEntries) entries.delete(oldest);
    // Counted from before the lookup: what changes while it runs is seen `keptMs` later at the latest.
    const entry = { value: lookUp(), since: clock() };
    entries.set(name, entry);
    entry.value.catch(() => {
      if (entries.get(name) === entry) entries.delete(name);
    });
    return entry.value;
  }

  return {
    get(name, lookUp) {
      const known = entries.get(name);
      // The absolute value is for a clock that was set back: nothing is kept longer for it.
      if (known && Math.abs(clock() - known.since) < keptMs) return known.value;
      entries.delete(name);
      return start(name, lookUp);
    },
    clear: () => entries.clear()
  };
}
