// The URL of one try: the destination's, and, where it wants that, what the sender had below /in/<slug>.

import type { StoredMessage } from '../work.ts';
import { DestinationRefused } from './guard.ts';

/** A dot segment however it is written: a receiver may decode more than once, or cut it at a semicolon. */
const CLIMBS = /(?:^|[/\\])\.{1,2}(?:$|[/\\;])/;
const MAX_DECODINGS = 3;

/**
 * The destination's URL with the sender's path below it, and its query behind the destination's own.
 * @throws {DestinationRefused} for a path that could lead out of the destination's
 */
export function forwardedUrl(destination: string, { path, query }: Pick<StoredMessage, 'path' | 'query'>): string {
  const url = new URL(destination);
  const below = path.replace(/^\/in\/[^/]*/, '');
  if (climbs(below)) {
    throw new DestinationRefused(
      `The path ${JSON.stringify(below)} leads out of the destination's URL: it is not forwarded. Send the message on without its path.`
    );
  }
  const base = url.pathname;
  if (below !== '') {
    // As text: whatever it looks like, `?`, `#` and `\` in it are no ends of the path.
    url.pathname =
      base.replace(/\/$/, '') + below.replaceAll('?', '%3F').replaceAll('#', '%23').replaceAll('\\', '%5C');
  }
  if (query !== '') url.search = url.search === '' ? query : `${url.search}&${query}`;
  return url.href;
}

function climbs(path: string): boolean {
  // URL drops these wherever they stand.
  let text = path.replaceAll(/[\t\r\n]/g, '');
  for (let decodings = 0; decodings <= MAX_DECODINGS; decodings += 1) {
    if (CLIMBS.test(text)) return true;
    text = text.replaceAll(/%(2e|2f|5c|25)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return false;
}
