// What waits for one destination here, and how it is run: in batches, so many at once, so often.

import type { Room } from './hands.ts';
import type { Pace } from './pace.ts';
import type { Work } from './work.ts';

/** How fast a destination may be run, now. */
export interface Speed {
  /** `probes`: nothing but one try, to see whether it is back. */
  open: 'all' | 'probes' | 'nothing';
  /** Runs that go on at once. */
  concurrency: number;
  /** Between the beginnings of two runs, at least; milliseconds. */
  intervalMs: number;
}

/** How deliveries to one destination are run. */
export interface Runner {
  /**
   * Runs all of the batch and settles each; what it throws is not the deliveries' fault.
   * @param free the next may begin, while what came of this one is still being written
   */
  run(batch: readonly Work[], free: () => void): Promise<void>;
  /** How many deliveries one run may take. */
  batchSize: number;
  speed(): Speed;
  /** How much of it this process takes in hand. */
  room: Room;
}

export interface LaneParts {
  runnerOf(destinationId: number): Promise<Runner | null>;
  /** After a batch ran. */
  done(batch: readonly Work[]): void;
  /** Not run: no runner, or run() threw. */
  failed(batch: readonly Work[], error: unknown): Promise<void>;
  /** Not to be run here now: the destination is held, or the lease may be another's by now. */
  returned(batch: readonly Work[]): Promise<void>;
  /** False when its lease was not renewed in time. */
  isLeased(work: Work): boolean;
  /** When a message last came in, by performance.now(). */
  lastIntakeAt(): number;
}

export interface Lane {
  add(work: Work): void;
  /** Begins what may begin now. */
  look(): void;
  /** Begins nothing more. @returns what had not begun; `running` ends what had */
  close(): { unbegun: Work[]; running: Promise<unknown> };
}

/** Timers are no more exact than this: what waits between two runs less than it, waits now and then for several. */
const FINEST_MS = 5;

/** Makes an empty lane. @param pace how much of this process's time deliveries take */
export function createLane(parts: LaneParts, destinationId: number, pace: Pace): Lane {
  const running = new Set<Promise<void>>();
  let busy = 0;
  let waiting: Work[] = [];
  let closed = false;
  const spacing = createSpacing(look);

  async function pump(): Promise<void> {
    const runner = await parts.runnerOf(destinationId).catch(() => null);
    if (closed) return;
    if (!runner) return parts.failed(waiting.splice(0), new Error(`Destination ${destinationId} can't be run here.`));
    const speed = runner.speed();
    giveBack(speed);
    while (busy < speed.concurrency && waiting.length > 0 && spacing.mayBegin(speed)) begin(runner);
  }

  /** What is not to be run here, or not any more. */
  function giveBack({ open }: Speed): void {
    const runs = (work: Work) => (open === 'all' || (open === 'probes' && work.probe)) && parts.isLeased(work);
    const back = waiting.filter((work) => !runs(work));
    if (back.length === 0) return;
    waiting = waiting.filter(runs);
    void parts.returned(back);
  }

  function begin(runner: Runner): void {
    busy += 1;
    const started = performance.now();
    const free = once(() => void breathe(performance.now() - started).then(freed));
    const run = runBatch(waiting.splice(0, runner.batchSize), { ...parts, run: runner.run, free });
    running.add(run);
    void run.finally(() => running.delete(run));
  }

  function freed(): void {
    busy -= 1;
    look();
  }

  /** Before the next, when answers would have to wait for it. */
  async function breathe(durationMs: number): Promise<void> {
    const pause = pace.pauseAfter(durationMs);
    if (pause > 0 && !closed) await new Promise((resolve) => setTimeout(resolve, pause));
  }

  function look(): void {
    if (waiting.length > 0) void pump();
  }

  return {
    add: (work) => void waiting.push(work),
    look,
    close() {
      closed = true;
      spacing.stop();
      return { unbegun: waiting.splice(0), running: Promise.all(running) };
    }
  };
}

/** Keeps time between two beginnings. @param wake called when the next may begin, after one was put off */
function createSpacing(wake: () => void) {
  let nextAt = 0;
  let timer: NodeJS.Timeout | null = null;

  function wakeIn(milliseconds: number): void {
    timer ??= setTimeout(() => {
      timer = null;
      wake();
    }, milliseconds);
  }

  return {
    /** Whether one may begin now; if so, it is counted. */
    mayBegin({ intervalMs }: Speed): boolean {
      if (intervalMs === 0) return true;
      const now = performance.now();
      if (now < nextAt) {
        wakeIn(nextAt - now);
        return false;
      }
      nextAt = Math.max(nextAt, now - (intervalMs < FINEST_MS ? FINEST_MS : 0)) + intervalMs;
      return true;
    },
    stop: () => clearTimeout(timer ?? undefined)
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) {
      done = true;
      act();
    }
  };
}

interface Run extends Pick<LaneParts, 'done' | 'failed'>, Pick<Runner, 'run'> {
  free(): void;
}

async function runBatch(batch: Work[], { run, free, done, failed }: Run): Promise<void> {
  try {
    await run(batch, free);
    done(batch);
  } catch (error) {
    await failed(batch, error);
  } finally {
    free();
  }
}
