// Looks after a running postmaster: brings it back when it dies, keeps its log short.

import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 200;
const TIDY_EVERY_LOOKS = 300;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export interface Supervised {
  isUp(): boolean;
  /** Brings it up again; rejects if that failed. */
  restart(): Promise<void>;
  tidy(): Promise<void>;
  /** Told of every death, and of every restart that failed (with its error). */
  onTrouble(error: unknown): void;
}

/**
 * Watches until the signal says to stop.
 * @returns settles once nothing is under way any more; never rejects
 */
export async function supervise(supervised: Supervised, signal: AbortSignal): Promise<void> {
  for (let looks = 1; await pause(LOOK_EVERY_MS, signal); looks++) {
    if (!supervised.isUp()) {
      supervised.onTrouble(null);
      await restartUntilUp(supervised, signal);
    }
    if (looks % TIDY_EVERY_LOOKS === 0) await supervised.tidy().catch(supervised.onTrouble);
  }
}

async function restartUntilUp(supervised: Supervised, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  do {
    const error = await supervised.restart().then(
      () => null,
      (reason: unknown) => reason
    );
    if (error === null) return;
    if (!signal.aborted) supervised.onTrouble(error);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  } while (await pause(pauseMs, signal));
}

/** False once the signal was given. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  // Unreferenced: watching alone is no reason for the process to stay.
  await delay(milliseconds, undefined, { signal, ref: false }).catch(() => {});
  return !signal.aborted;
}
