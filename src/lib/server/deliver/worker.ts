// Runs deliveries: those this process has just accepted, straight from memory, and those that are due in the queue.
// Holds a lease on each (10 s, renewed every 3 s); what it writes is fenced by the lease's token.

import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import { CLAIM_LIMIT } from './claim.ts';
import { createClaimer, type SpecialDestinations } from './claimer.ts';
import { createHands, type Hands, type Room } from './hands.ts';
import type { Runner } from './lane.ts';
import { createLanes } from './lanes.ts';
import type { MessageParts } from './load.ts';
import { releaseLeases, renewLeases } from './queue.ts';
import type { Work } from './work.ts';

const RENEW_MS = 3000;
const PAUSE_AFTER_ERROR_MS = 500;

export interface WorkerParts extends MessageParts, SpecialDestinations {
  database: Database;
  runnerOf(destinationId: number): Promise<Runner | null>;
  roomOf(destinationId: number): Room;
  /** When a message last came in, by performance.now(). */
  lastIntakeAt(): number;
  logger: Logger;
  /** False: runs only what is handed to it, claims nothing (a node without the worker role). */
  claims: boolean;
}

export interface Worker {
  /** Takes over deliveries that were written with a lease of this process. */
  accept(work: readonly Work[]): void;
  /** True while the log may lease this destination's deliveries to this process as it writes them. */
  hasRoom(destinationId: number): boolean;
  /** Something is due now. */
  nudge(): void;
  /** Destinations may have become held, or free. */
  lookAgain(): void;
  /** Deliveries in this process's hands. */
  held(): number;
  /** Ends what is running, gives back the rest. */
  stop(): Promise<void>;
}

/** Starts the worker. */
export function startWorker(parts: WorkerParts): Worker {
  const { database, logger } = parts;
  const hands = createHands(parts.roomOf);
  let stopping = false;

  /** The leases end by themselves where this can't be written. */
  async function giveBack(work: readonly Work[]): Promise<void> {
    hands.drop(work);
    if (work.length > 0) await releaseLeases(database.work, work).catch(() => {});
  }

  const lanes = createLanes({
    runnerOf: parts.runnerOf,
    done(batch) {
      const eased = hands.drop(batch);
      // Behind the head of an order the next has become one.
      if (eased || batch.some(({ destinationId }) => parts.isOrdered(destinationId))) claimer.nudge();
      else if (hands.count() < CLAIM_LIMIT) claimer.moreIfFull();
    },
    async failed(batch, error) {
      logger.warn({ err: error, deliveries: batch.length }, 'deliveries could not be run; they are tried again');
      // On the way out there is no time for it: what was cut off is given back at once.
      if (!stopping) await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_ERROR_MS));
      await giveBack(batch);
    },
    returned: giveBack,
    isLeased: hands.isLeased,
    lastIntakeAt: parts.lastIntakeAt
  });

  function accept(work: readonly Work[]): void {
    hands.take(work);
    lanes.add(work);
  }

  const mayClaim = () => parts.claims && !stopping;
  const claimer = createClaimer(parts, { hands, accept, mayClaim });
  const renewing = keepLeases(parts, hands);

  return {
    accept,
    hasRoom: (destinationId) => mayClaim() && hands.hasRoom(destinationId),
    nudge: () => claimer.nudge(),
    lookAgain() {
      lanes.lookAgain();
      claimer.nudge();
    },
    held: () => hands.count(),
    async stop() {
      stopping = true;
      clearInterval(renewing);
      await claimer.stop();
      const { unbegun, running } = lanes.close();
      await giveBack(unbegun);
      await running;
    }
  };
}

/** Renews the leases of what is in hand. */
function keepLeases({ database, logger }: WorkerParts, hands: Hands): NodeJS.Timeout {
  const renew = async (): Promise<void> => {
    const due = hands.heldFor(RENEW_MS);
    const at = performance.now();
    if (due.length > 0) hands.renewed(await renewLeases(database.work, due), at);
  };
  const failed = (error: unknown) => logger.warn({ err: error }, 'leases could not be renewed');
  return setInterval(() => void renew().catch(failed), RENEW_MS).unref();
}
