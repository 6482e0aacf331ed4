// What text columns of the log take.

/** Text columns are for people; the bytes stay whole in the message. */
const MAX_TEXT = 1000;

/** PostgreSQL text takes no NUL; a lone surrogate becomes U+FFFD on the way out of JavaScript anyway. */
export const clean = (text: string): string => text.replaceAll('\0', '\uFFFD').slice(0, MAX_TEXT);
export const cleanOrNull = (text: string | null): string | null => (text === null ? null : clean(text));
