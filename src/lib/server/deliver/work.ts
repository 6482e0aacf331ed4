// A delivery in this process's hands, and what came of one try.

import type { HeaderPair, MessageSummary, VerificationStatus } from '#lib/inbox/types.ts';
import type { HandlerMessage } from './handler.ts';

/** Renewed while it is in hand; past it another may take the delivery over. */
export const LEASE_SECONDS = 10;

/** A message with everything a delivery may need. */
export interface StoredMessage extends HandlerMessage {
  method: string;
  path: string;
  query: string;
  contentType: string | null;
  /** The exact bytes. */
  body: Buffer;
  headers: readonly HeaderPair[];
  event: { id: string | null; type: string | null };
  verification: VerificationStatus;
  origin: MessageSummary['origin'];
}

export interface Work {
  id: string;
  destinationId: number;
  /** Tries before this one. */
  attemptCount: number;
  /** Those of them since it was last queued anew: what the schedule goes by. */
  tries: number;
  /** A try of a held destination, made to see whether it is back: it uses up nothing of the schedule. */
  probe: boolean;
  /** The fencing token: nothing is written unless the row still has it. */
  leaseToken: string;
  message: StoredMessage;
}

/** One try, over. */
export interface Attempt {
  work: Work;
  startedAt: Date;
  durationMs: number;
  /** applied, already_applied, ignored, error, response, timeout … */
  outcome: string;
  statusCode: number | null;
  error: string | null;
  detail: Record<string, unknown> | null;
  /** `again`: after a pause, by the schedule; `failed`: no more tries. */
  then: 'succeeded' | 'again' | 'failed';
  /** What would make the next try succeed; see HandlerError. */
  waitsFor: string | null;
  /** The receiver's own wish (Retry-After), seconds. */
  retryAfterSeconds: number | null;
}
