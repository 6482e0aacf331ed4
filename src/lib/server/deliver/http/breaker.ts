// The circuit breaker of one destination, as this process sees it: when so many tries in a row fail that the next would
// too, the destination is held. Pure: what is written of it, and for all nodes, is in routing/destination-states.ts.

/** One try, over. */
export interface Tried {
  deliveryId: string;
  /** null: it succeeded. */
  error: string | null;
  /** Says something of the destination, and not only of this message. */
  counts: boolean;
}

export interface Breaker {
  /** @returns why the destination is to be held from now on; null: it is not */
  note(tried: Tried): string | null;
  /** How many tries may go on at once: few when it has only just come back. */
  concurrency(most: number): number;
  /** It was held, here or by another node, and takes deliveries again. */
  recovering(): void;
}

/** In a row, and of so many deliveries: one message that is refused again and again does not hold up the others. */
const FAILURES = 10;
const DELIVERIES = 5;
/** A restart of a second is no outage; so many failures are one, however fast they came. */
const FOR_MS = 3000;
const FAILURES_AT_ONCE = 100;
/** One that has just come back is given up sooner. */
const RECOVERING_FAILURES = 3;
const RECOVERING_DELIVERIES = 2;
/** So many successes and it is as good as any. */
const RECOVERED_AFTER = 16;

/** Makes one that has seen nothing yet. @param clock milliseconds since 1970 */
export function createBreaker(clock: () => number): Breaker {
  let failures = 0;
  let since = 0;
  let successes = RECOVERED_AFTER;
  const deliveries = new Set<string>();

  function forget(): void {
    failures = 0;
    deliveries.clear();
  }

  function tooMany(): boolean {
    if (successes < RECOVERED_AFTER) return failures >= RECOVERING_FAILURES && deliveries.size >= RECOVERING_DELIVERIES;
    const isLong = clock() - since >= FOR_MS || failures >= FAILURES_AT_ONCE;
    return isLong && failures >= FAILURES && deliveries.size >= DELIVERIES;
  }

  return {
    note({ deliveryId, error, counts }) {
      if (error === null) {
        forget();
        successes = Math.min(RECOVERED_AFTER, successes + 1);
        return null;
      }
      if (!counts) return null;
      if (failures === 0) since = clock();
      failures += 1;
      if (deliveries.size < DELIVERIES) deliveries.add(deliveryId);
      if (!tooMany()) return null;
      const reason = `${failures} tries in a row failed since ${new Date(since).toISOString()}. The last: ${error}`;
      forget();
      return reason;
    },
    concurrency: (most) => Math.min(most, successes + 1),
    recovering() {
      forget();
      successes = 0;
    }
  };
}
