// A problem in words: what is wrong, and the next step. Pure.

export type ProblemKind = 'destination_failing' | 'destination_held' | 'source_invalid';

interface Told {
  kind: ProblemKind;
  name: string;
  count: number;
  gave_up: boolean;
  handler: string | null;
}

/** One sentence. */
export function summaryOf({ kind, name, count, gave_up: gaveUp }: Told): string {
  switch (kind) {
    case 'destination_failing':
      return gaveUp
        ? `Delivering to ${name} gave up: ${times(count, 'try', 'tries')} failed.`
        : `Deliveries to ${name} fail: ${times(count, 'try', 'tries')} in a row.`;
    case 'destination_held':
      return `Deliveries to ${name} are held: ${times(count, 'try', 'tries')} failed.`;
    case 'source_invalid':
      return `${times(count, 'message', 'messages')} of ${name} did not pass verification.`;
  }
}

/** What a person can do about it. */
export function nextStep({ kind, gave_up: gaveUp, handler }: Told): string {
  switch (kind) {
    case 'destination_failing': {
      const look =
        handler === null ? 'See what it answered on one of the messages, and mend the receiver.' : LOOK_AT_HANDLER;
      return gaveUp
        ? `${look} Then re-deliver what gave up.`
        : `${look} The tries go on by themselves; pausing the destination holds them.`;
    }
    case 'destination_held':
      return 'Mend the receiver. It is probed, and what is held goes out once it answers; nothing is lost meanwhile.';
    case 'source_invalid':
      return "Compare the source's secret with the sender's. With the right one, verify the messages again: nothing is lost.";
  }
}

const LOOK_AT_HANDLER = 'The error says what its handler misses; the attempts of the messages say more.';

const times = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
