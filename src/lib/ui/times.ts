// Times as people read them: how long ago, and exactly.

const UNITS: [seconds: number, word: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's']
];

/** "now", "4 s", "12 min", "3 h", "2 d" for the past; "in 4 min" for the future. Milliseconds since 1970. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.round(Math.abs(now - at) / 1000);
  if (seconds === 0) return 'now';
  const [size, word] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's'];
  const text = `${Math.floor(seconds / size)} ${word}`;
  return at > now ? `in ${text}` : text;
}

/** "2026-11-21 14:02:11.482 UTC". */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** "2026-11-21 15:02:11.482 GMT+1", in the reader's own zone. */
export function localTime(at: number): string {
  const date = new Date(at);
  const zone = new Intl.DateTimeFormat('en', { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName')?.value;
  const two = (number: number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${clockTime(at)} ${zone ?? ''}`.trim();
}

/** "15:02:11.482" in the zone of whoever runs this. */
export function clockTime(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${parts}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
