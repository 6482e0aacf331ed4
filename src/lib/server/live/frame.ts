// One frame: serialised once, when the first reader wants it, and shared by all of them.

import { identityOf, type LiveEvent } from '#lib/inbox/live-events.ts';
import { formatCursor, type Cursor } from './cursor.ts';

/**
 * What a producer publishes, after its commit.
 * `version` orders what has none of its own: a message that arrives needs none, but who changes a message later gives
 * the milliseconds of the change, or a reader that is just opening takes it for the arrival and drops it.
 */
export type Publication = LiveEvent & { topics: readonly string[]; version?: number };

/** Which object a publication is about, and which state of it. */
export function stateOf(publication: Publication): { key: string; version: number | null } {
  const { key, version } = identityOf(publication);
  return { key, version: version ?? publication.version ?? null };
}

export interface Frame {
  publication: Publication;
  key: string;
  version: number | null;
  /** Order of publication on this node. */
  sequence: number;
  /** When it was published, by the database's clock. */
  milliseconds: number;
  bytes(): Buffer;
}

/** Text of an event as server-sent events have it. JSON has no raw line breaks, so one data line holds it. */
export function formatEvent(id: string | null, event: string, data: unknown): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** @param id where a reader goes on who has got this frame */
export function createFrame(publication: Publication, id: Cursor): Frame {
  let bytes: Buffer | null = null;
  return {
    publication,
    ...stateOf(publication),
    sequence: id.sequence,
    milliseconds: id.milliseconds,
    bytes: () => (bytes ??= Buffer.from(formatEvent(formatCursor(id), publication.event, publication.data)))
  };
}
