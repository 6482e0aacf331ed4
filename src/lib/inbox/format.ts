// Sizes, durations and texts of strangers, as screens write them.

const SIZE_UNITS = ['bytes', 'KB', 'MB', 'GB'] as const;

/** "1 byte", "812 bytes", "1.3 KB", "25 MB"; a KB is 1024 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  let [amount, unit] = [bytes, 0];
  while (amount >= 1023.5 && unit < SIZE_UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits).replace(/\.0$/, '')} ${SIZE_UNITS[unit] ?? ''}`;
}

/** "0.4 ms", "12 ms", "1.2 s", "2 min 5 s", "3 h", "2 d 4 h". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1).replace(/\.0$/, '')} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 3599.5) return twoUnits(Math.round(seconds), [60, 'min'], [1, 's']);
  const minutes = Math.round(seconds / 60);
  return minutes < 1440
    ? twoUnits(minutes, [60, 'h'], [1, 'min'])
    : twoUnits(Math.round(minutes / 60), [24, 'd'], [1, 'h']);
}

function twoUnits(amount: number, [size, large]: [number, string], [, small]: [number, string]): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** "1 message", "12,431 messages". */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

const C0 = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f`;
const BIDI = String.raw`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069`;
const UNSEEN = new RegExp(`[${C0}\\u007f-\\u009f${BIDI}\\u2028\\u2029\\ufeff]|\\r(?!\\n)|\\p{Cs}`, 'gu');

/**
 * The text with what cannot be seen, or turns the text around it, written out: ␀ for NUL, ⟨U+202E⟩ for a right-to-left
 * override. Line breaks and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (found) => {
    const code = found.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** As visibleText, on one line. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/\r?\n/g, '␊').replaceAll('\t', '␉');
}
