// When to try again.

/** Seconds between the tries of a handler: quick at first, for order ("payment not seen yet"); 12 tries over 3 days. */
export const HANDLER_SCHEDULE_SECONDS: readonly number[] = [1, 2, 4, 15, 60, 300, 1800, 7200, 21600, 64800, 163000];

/**
 * The most that an HTTP destination waits after each failed try, seconds. Full jitter takes half of it on average: 12 tries
 * over 72 h.
 */
export const HTTP_CAPS_SECONDS: readonly number[] = [
  ...[10, 40, 160, 640, 2560, 10_240, 41_000],
  ...[116_000, 116_000, 116_000, 116_000]
];
/** However the dice fall: a receiver that has just failed is not asked again at once. */
const LEAST_PAUSE_SECONDS = 1;

/** The pauses this long and longer are jittered: a herd that failed together does not come back together. */
const JITTER_FROM_SECONDS = 15;

/**
 * The pause before the next try.
 * @param tries how many were made, this one included
 * @returns seconds, or null when the schedule is used up
 */
export function pauseSeconds(schedule: readonly number[], tries: number, random: () => number): number | null {
  const pause = schedule[tries - 1];
  if (pause === undefined) return null;
  return pause < JITTER_FROM_SECONDS ? pause : pause * (0.5 + random() / 2);
}

/**
 * The pause before the next try by full jitter: anything up to the cap, so that those who failed together spread over
 * all of it.
 * @param tries how many were made, this one included
 * @returns seconds, or null when the caps are used up
 */
export function fullJitterSeconds(caps: readonly number[], tries: number, random: () => number): number | null {
  const cap = caps[tries - 1];
  return cap === undefined ? null : Math.max(LEAST_PAUSE_SECONDS, cap * random());
}
