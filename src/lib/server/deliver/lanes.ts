// One lane a destination: what waits there runs in batches, so that a slow destination holds up nobody else.

import type { Room } from './hands.ts';
import { createPace } from './pace.ts';
import type { Work } from './work.ts';

/** How deliveries to one destination are run. */
export interface Runner {
  /** Runs all of the batch and settles each; what it throws is not the deliveries' fault. */
  run(batch: readonly Work[]): Promise<void>;
  /** How many deliveries one run may take, and how many runs go on at once. */
  batchSize: number;
  concurrency: number;
  /** How much of it this process takes in hand. */
  room: Room;
}

export interface LaneParts {
  runnerOf(destinationId: number): Promise<Runner | null>;
  /** After a batch ran. */
  done(batch: readonly Work[]): void;
  /** Not run: no runner, or run() threw. */
  failed(batch: readonly Work[], error: unknown): Promise<void>;
}

export interface Lanes {
  add(work: readonly Work[]): void;
  /** Begins nothing more. @returns what had not begun; `running` ends what had */
  close(): { unbegun: Work[]; running: Promise<void> };
}

interface Lane {
  waiting: Work[];
  running: number;
}

/** Makes the lanes. */
export function createLanes(parts: LaneParts): Lanes {
  const lanes = new Map<number, Lane>();
  const running = new Set<Promise<void>>();
  const pace = createPace();
  let closed = false;

  async function pump(destinationId: number, lane: Lane): Promise<void> {
    const runner = await parts.runnerOf(destinationId).catch(() => null);
    if (closed) return;
    if (!runner)
      return parts.failed(lane.waiting.splice(0), new Error(`Destination ${destinationId} can't be run here.`));
    while (lane.running < runner.concurrency && lane.waiting.length > 0) begin(runner, destinationId, lane);
  }

  function begin(runner: Runner, destinationId: number, lane: Lane): void {
    lane.running += 1;
    const run = runBatch(runner, lane.waiting.splice(0, runner.batchSize)).finally(() => {
      lane.running -= 1;
      running.delete(run);
      if (lane.waiting.length > 0) void pump(destinationId, lane);
    });
    running.add(run);
  }

  async function runBatch(runner: Runner, batch: Work[]): Promise<void> {
    const started = performance.now();
    try {
      await runner.run(batch);
      parts.done(batch);
    } catch (error) {
      await parts.failed(batch, error);
    }
    const pause = pace.pauseAfter(performance.now() - started);
    if (pause > 0 && !closed) await new Promise((resolve) => setTimeout(resolve, pause));
  }

  return {
    add(work) {
      for (const item of work) {
        const lane = lanes.get(item.destinationId) ?? { waiting: [], running: 0 };
        lanes.set(item.destinationId, lane);
        lane.waiting.push(item);
      }
      for (const [id, lane] of lanes) if (lane.waiting.length > 0) void pump(id, lane);
    },
    close() {
      closed = true;
      const unbegun = [...lanes.values()].flatMap((lane) => lane.waiting.splice(0));
      return { unbegun, running: Promise.all(running).then(() => {}) };
    }
  };
}
