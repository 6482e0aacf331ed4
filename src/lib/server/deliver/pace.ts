// Answers go first. While messages come in and this process is saturated, deliveries take a quarter of its time and catch up
// afterwards: a sender that is answered late sends again, a delivery that starts late is only late.

import { performance } from 'node:perf_hooks';

const SATURATED = 0.95;
const PAUSE_FACTOR = 3;
const MAX_PAUSE_MS = 500;
/** Nothing came in for so long: nobody waits for an answer. */
const QUIET_MS = 250;

/** Makes the pace of one worker. @param lastIntakeAt when a message last came in, by performance.now() */
export function createPace(lastIntakeAt: () => number) {
  let since = performance.eventLoopUtilization();
  return {
    /** How long to wait after a batch that took so long, milliseconds; 0 while there is time to spare. */
    pauseAfter(durationMs: number): number {
      if (performance.now() - lastIntakeAt() > QUIET_MS) return 0;
      const { utilization } = performance.eventLoopUtilization(since);
      since = performance.eventLoopUtilization();
      return utilization < SATURATED ? 0 : Math.min(durationMs * PAUSE_FACTOR, MAX_PAUSE_MS);
    }
  };
}

export type Pace = ReturnType<typeof createPace>;
