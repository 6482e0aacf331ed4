// Times as providers write them. What is signed is always the text; the number is only for the tolerance.

import type { TimestampUnit } from './row.ts';

const SECONDS = /^\d{1,12}$/;
const MILLISECONDS = /^\d{1,15}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const ISO_WITHOUT_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?$/;
const RFC1123 = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** @returns milliseconds since 1970, null when the text is not a time of that unit */
export function readTimestamp(text: string, unit: TimestampUnit): number | null {
  if (unit === 's') return SECONDS.test(text) ? Number(text) * 1000 : null;
  if (unit === 'ms') return MILLISECONDS.test(text) ? Number(text) : null;
  if (unit === 'iso-utc') return ISO_WITHOUT_ZONE.test(text) ? dateOrNull(`${text}Z`) : null;
  return (unit === 'rfc3339' ? RFC3339 : RFC1123).test(text) ? dateOrNull(text) : null;
}

/** The inverse. @param ms milliseconds since 1970 */
export function writeTimestamp(ms: number, unit: TimestampUnit): string {
  if (unit === 's') return String(Math.floor(ms / 1000));
  if (unit === 'ms') return String(Math.floor(ms));
  if (unit === 'rfc1123') return new Date(ms).toUTCString();
  const iso = new Date(ms).toISOString();
  return unit === 'rfc3339' ? iso : iso.slice(0, -1);
}

/** A unit as an expected format shows it. */
export function describeUnit(unit: TimestampUnit): string {
  const words: Record<TimestampUnit, string> = {
    s: '<unix seconds>',
    ms: '<unix milliseconds>',
    rfc3339: '<RFC 3339 time>',
    rfc1123: '<RFC 1123 time>',
    'iso-utc': '<ISO 8601 time without zone>'
  };
  return words[unit];
}

function dateOrNull(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
