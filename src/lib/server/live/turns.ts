// Many readers come back at once after a restart and ask for the same: they share a reading that begins after they
// asked. One that began before could lack what was committed in between.

export interface Turns<T> {
  /** Runs read, or joins the run of the same key that has not begun yet. */
  next(key: string, read: () => Promise<T>): Promise<T>;
}

/** @param atOnce how many readings may run together: the rest of the connections are for the pages */
export function createTurns<T>(atOnce = 3): Turns<T> {
  const waiting = new Map<string, Promise<T>>();
  const queue: (() => void)[] = [];
  let running = 0;

  function begin(): Promise<void> {
    return new Promise((resolve) => {
      queue.push(resolve);
      // In a later turn even when nothing runs, so that all who ask in this one share.
      setImmediate(admit);
    });
  }

  function admit(): void {
    if (running >= atOnce) return;
    const next = queue.shift();
    if (!next) return;
    running += 1;
    next();
  }

  async function run(key: string, read: () => Promise<T>): Promise<T> {
    await begin();
    waiting.delete(key);
    try {
      return await read();
    } finally {
      running -= 1;
      admit();
    }
  }

  return {
    next(key, read) {
      const joined = waiting.get(key);
      if (joined) return joined;
      const result = run(key, read);
      waiting.set(key, result);
      return result;
    }
  };
}
