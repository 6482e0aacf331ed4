// Lets a bounded number of pieces of work in at once; the rest wait, or are turned away.

export interface Turnstile {
  /** Waits as long as it takes. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** null, at once and without work, when too many are waiting. */
  tryRun<T>(work: () => Promise<T>): Promise<T | null>;
}

export function createTurnstile({ atOnce, maxWaiting }: { atOnce: number; maxWaiting: number }): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;

  async function run<T>(work: () => Promise<T>): Promise<T> {
    // Whoever leaves hands its place over, so `inside` does not move while someone waits.
    if (inside >= atOnce) await new Promise<void>((enter) => waiting.push(enter));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    }
  }

  return {
    run,
    tryRun: async (work) => (inside >= atOnce && waiting.length >= maxWaiting ? null : run(work))
  };
}
