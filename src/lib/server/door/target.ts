// Which source a URL means, and the rest of it as it came.

import type { HeaderPair } from '#lib/inbox/types.ts';

const PREFIX = '/in/';

/** True for a URL the door answers. */
export const isForTheDoor = (url: string): boolean => url.startsWith(PREFIX);

export interface Target {
  slug: string;
  path: string;
  query: string;
}

/** `/in/stripe/a?b=c` → stripe, /a, b=c. The path is kept as it came: nothing is decoded or resolved. */
export function splitUrl(url: string): Target {
  const queryAt = url.indexOf('?');
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  const rest = path.slice(PREFIX.length);
  const slash = rest.indexOf('/');
  return {
    slug: slash < 0 ? rest : rest.slice(0, slash),
    path: slash < 0 ? '' : rest.slice(slash),
    query: queryAt < 0 ? '' : url.slice(queryAt + 1)
  };
}

/** Node's flat list as pairs: order, case and repeats as they came. */
export function headerPairs(rawHeaders: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return pairs;
}
