// How long each phase of a try took, as an attempt keeps it.

import type { ConnectionPhases } from './connection-phases.ts';

/** Milliseconds, each phase by itself, in this order; null: not reached, or there was none. */
export interface Timings {
  /** The connection was there already; null: it did not come to one. */
  reused: boolean | null;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  /** Writing the request. */
  sent_ms: number | null;
  /** Waiting for the head of the answer. */
  first_byte_ms: number | null;
  /** Reading the rest of it. */
  body_ms: number | null;
  total_ms: number;
}

const NO_CONNECTION: ConnectionPhases = { dnsMs: null, connectMs: null, tlsMs: null };

/** Started by being made. */
export function createStopwatch() {
  const begun = performance.now();
  let phases: ConnectionPhases | null = null;
  let isReused: boolean | null = null;
  let startedAt: number | null = null;
  let sentAt: number | null = null;
  let answeredAt: number | null = null;

  return {
    /** What is known of the connection. */
    connection(known: ConnectionPhases | null, { isNew }: { isNew: boolean }): void {
      if (known) phases = known;
      if (known || !isNew) isReused = !isNew;
    },
    started: () => void (startedAt = performance.now()),
    sent: () => void (sentAt = performance.now()),
    answered: () => void (answeredAt ??= performance.now()),
    end(): Timings {
      const now = performance.now();
      const { dnsMs, connectMs, tlsMs } = phases ?? NO_CONNECTION;
      return {
        reused: isReused,
        ...{ dns_ms: rounded(dnsMs), connect_ms: rounded(connectMs), tls_ms: rounded(tlsMs) },
        sent_ms: between(startedAt, sentAt),
        first_byte_ms: between(sentAt, answeredAt),
        body_ms: between(answeredAt, now),
        total_ms: rounded(now - begun)
      };
    }
  };
}

function rounded<T extends number | null>(milliseconds: T): T | number {
  return milliseconds === null ? milliseconds : Math.round(milliseconds * 100) / 100;
}

/** An answer may come before the request was sent whole. */
function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : rounded(Math.max(0, to - from));
}
