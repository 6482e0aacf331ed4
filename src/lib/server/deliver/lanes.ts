// One lane a destination: what waits there runs by itself, so that a slow destination holds up nobody else.

import { createLane, type Lane, type LaneParts } from './lane.ts';
import { createPace } from './pace.ts';
import type { Work } from './work.ts';

export interface Lanes {
  add(work: readonly Work[]): void;
  /** Destinations may have become faster, slower or held. */
  lookAgain(): void;
  /** Begins nothing more. @returns what had not begun; `running` ends what had */
  close(): { unbegun: Work[]; running: Promise<void> };
}

/** Makes the lanes. */
export function createLanes(parts: LaneParts): Lanes {
  const lanes = new Map<number, Lane>();
  const pace = createPace(parts.lastIntakeAt);

  function laneOf(destinationId: number): Lane {
    const lane = lanes.get(destinationId) ?? createLane(parts, destinationId, pace);
    lanes.set(destinationId, lane);
    return lane;
  }

  const lookAgain = () => lanes.forEach((lane) => lane.look());
  return {
    add(work) {
      for (const item of work) laneOf(item.destinationId).add(item);
      lookAgain();
    },
    lookAgain,
    close() {
      const closed = [...lanes.values()].map((lane) => lane.close());
      const running = Promise.all(closed.map((lane) => lane.running)).then(() => {});
      return { unbegun: closed.flatMap(({ unbegun }) => unbegun), running };
    }
  };
}
