// Waiting for conditions, never for time.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

/**
 * Waits until a condition holds.
 * @param failure what to say if it never does
 * @throws after `patienceMs`
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { patienceMs = 10_000, failure }: { patienceMs?: number; failure?: () => string | Promise<string> } = {}
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error((await failure?.()) ?? `Not so within ${patienceMs} ms: ${condition.toString()}`);
    await delay(POLL_MS);
  }
}
