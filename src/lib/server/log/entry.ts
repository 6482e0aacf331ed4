// One message on its way into the log, with the work it causes.

import type { HeaderPair, MessageSummary, VerificationStatus } from '#lib/inbox/types.ts';

export interface NewDelivery {
  id: string;
  destinationId: number;
  /** This process will run it itself, at once: the row is written already leased to it. */
  leased: boolean;
  /** Deliveries to a destination with one key go one after another, in the order of their messages; null: in any. */
  orderKey: string | null;
}

export interface LogEntry {
  id: string;
  /** Milliseconds since 1970; the id's own. */
  receivedAt: number;
  sourceId: number;
  method: string;
  path: string;
  query: string;
  headers: readonly HeaderPair[];
  contentType: string | null;
  remoteIp: string;
  /** The exact bytes. */
  body: Buffer;
  /** Store as json: the bytes are valid UTF-8 and valid JSON. */
  isJson: boolean;
  jsonQueryable: boolean;
  /** The line is kept without its body: over the budget for invalid messages. */
  bodyDropped: boolean;
  eventId: string | null;
  eventType: string | null;
  /** Claims the event for this message; null: no dedupe (no event id, or not to be trusted). SHA-256, hex. */
  eventKey: string | null;
  verification: { status: VerificationStatus; reason: string | null; detail: Record<string, unknown> | null };
  origin: MessageSummary['origin'];
  /** The message that this one was made from by editing it. */
  editedFrom: string | null;
  deliveries: readonly NewDelivery[];
}

/** What the log says of an entry once it is committed. */
export interface Logged {
  /** The first message of the same event, when this is not it. Its deliveries were then not made. */
  duplicateOf: string | null;
}
