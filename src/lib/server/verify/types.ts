// What verification takes and gives. Pure: no I/O, no clock of its own, only node:crypto and provider SDKs.

import type { HeaderPair, VerificationStatus } from '#lib/inbox/types.ts';

/** A request as it came in, seen by verification, identification and handshakes. */
export interface SignedRequest {
  method: string;
  /** The full URL as the sender was told it: PUBLIC_URL (or Host) + path + query. Some providers sign it. */
  url: string;
  /** Path below the source, with its leading slash: `/in/stripe/a/b` → `/a/b`; `''` when nothing follows. */
  path: string;
  /** Without the question mark. */
  query: string;
  /** In order, with case and repeats. */
  headers: readonly HeaderPair[];
  body: Buffer;
}

/** A source's secret in clear. `id` comes back in the verdict, so that the screen can name the one that fitted. */
export interface VerifySecret {
  id: number;
  label: string;
  value: string;
}

export interface Verdict {
  status: VerificationStatus;
  /** A sentence a person can act on; null when valid. */
  reason: string | null;
  /** Which secret fitted. */
  secretId: number | null;
  /** Sender's timestamp minus receive time, seconds; null when the scheme has none. */
  clockSkewSeconds: number | null;
}

/** The event inside a message: what the provider calls it and its id; null where it says neither. */
export interface EventIdentity {
  id: string | null;
  type: string | null;
}

/** What the answer to a message that was taken has to be, where the provider insists. */
export interface AcceptedReply {
  /** null: our id will do. */
  text: string | null;
  headers: HeaderPair[];
}

/** The same for one that was refused. */
export interface RefusedReply {
  status: number;
  /** null: our JSON, with the reason. */
  text: string | null;
}

/** An answer that the provider wants in place of ours, on the way of setting up an endpoint. */
export interface HandshakeReply {
  status: number;
  headers: HeaderPair[];
  body: string;
}
