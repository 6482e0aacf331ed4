// When to try again.

/** Seconds between the tries of a handler: quick at first, for order ("payment not seen yet"); 12 tries over 3 days. */
export const HANDLER_SCHEDULE_SECONDS: readonly number[] = [1, 2, 4, 15, 60, 300, 1800, 7200, 21600, 64800, 163000];

/** Seconds between the tries of an HTTP destination: 12 tries over 72 h. */
export const HTTP_SCHEDULE_SECONDS: readonly number[] = [
  5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 57600, 145000
];

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
