// The `id:` of a frame: where a reader goes on, on whichever node it comes back to.
//
// <milliseconds>-<sequence>-<node>. The milliseconds are the database's clock when the frame was published. Whatever
// was accepted later is missed; what was accepted a little earlier may have been committed later, as commit order is
// not the order of received_at, so replay reads an overlap before it (replay.ts says how long, and why that is
// enough). Sequence and node spare the repeats on the node that published: it remembers what it sent before.

export interface Cursor {
  milliseconds: number;
  sequence: number;
  /** '' when the reader named a time, not a frame. */
  node: string;
}

export function formatCursor(cursor: Cursor): string {
  return `${cursor.milliseconds}-${cursor.sequence}-${cursor.node}`;
}

/** Reads what formatCursor wrote, milliseconds alone, or an ISO 8601 time; null for anything else. */
export function parseCursor(text: string): Cursor | null {
  const parts = /^(\d{10,15})(?:-(\d{1,15})-([a-z0-9]{0,16}))?$/.exec(text);
  if (parts) return { milliseconds: Number(parts[1]), sequence: Number(parts[2] ?? 0), node: parts[3] ?? '' };
  const milliseconds = Date.parse(text);
  return /^\d{4}-/.test(text) && milliseconds >= 0 ? { milliseconds, sequence: 0, node: '' } : null;
}
