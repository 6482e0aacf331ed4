// Where a page of the log begins: a direction and the id of the message beside it. Opaque to clients.

import { isUuid } from './read-ids.ts';

export interface ListCursor {
  /** `older`: what comes below the id; `newer`: what comes above it. */
  direction: 'older' | 'newer';
  /** Not itself on the page. Need not exist any more. */
  id: string;
}

const DIRECTIONS = { o: 'older', n: 'newer' } as const;

/** One letter and the 16 bytes of the id, in base64url. */
export function formatCursor(cursor: ListCursor): string {
  const letter = cursor.direction === 'older' ? 'o' : 'n';
  return letter + Buffer.from(cursor.id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Reads what formatCursor wrote; null for anything else. */
export function parseCursor(text: string): ListCursor | null {
  const letter = text[0];
  if (letter !== 'o' && letter !== 'n') return null;
  const id = Buffer.from(text.slice(1), 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(id) ? { direction: DIRECTIONS[letter], id } : null;
}
