// Addresses that come from outside: where to go back to, and what may be a link.

/** The path when it stays on this origin, else the fallback: `//evil`, `/\evil`, `https:…` and control characters do not. */
export function safePath(given: unknown, fallback: string): string {
  if (typeof given !== 'string' || !given.startsWith('/')) return fallback;
  const base = 'http://holdfast.invalid';
  const url = URL.canParse(given, base) ? new URL(given, base) : null;
  return url?.origin === base && !url.pathname.startsWith('//') ? url.pathname + url.search : fallback;
}

/** An address out of a message as a link, or null: only http and https, never `javascript:`. */
export function webUrl(given: string): string | null {
  const url = URL.canParse(given) ? new URL(given) : null;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : null;
}
