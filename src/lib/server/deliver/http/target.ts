// Where an HTTP delivery goes and how: a row of destinations, read and parsed into what one try needs.

import type { Database } from '#lib/server/database/connect.ts';
import { HTTP_SCHEDULE_SECONDS, pauseSeconds } from '../schedule.ts';

export interface Target {
  url: string;
  secret: string | null;
  timeoutMs: number;
  /** The pause after so many tries, seconds; null: no more tries. */
  pauseAfter(tries: number): number | null;
}

export interface TargetParts {
  database: Database;
  /** Opens a sealed secret. */
  open(sealed: Buffer): string;
  /** Of one try, its answer included. */
  timeoutMs?: number;
}

interface TargetRow {
  url: string;
  secret_ciphertext: Buffer | null;
  options: { retry?: { schedule_seconds?: number[] } };
}

const TIMEOUT_MS = 30_000;

/** null: the destination is gone. */
export async function readTarget(parts: TargetParts, destinationId: number): Promise<Target | null> {
  const [row] = await parts.database.work<TargetRow[]>`
    select url, secret_ciphertext, options from destinations where id = ${destinationId} and kind = 'http'`;
  return row ? parseTarget(parts, row) : null;
}

function parseTarget({ open, timeoutMs = TIMEOUT_MS }: TargetParts, row: TargetRow): Target {
  const own = row.options.retry?.schedule_seconds;
  return {
    url: row.url,
    secret: row.secret_ciphertext && open(row.secret_ciphertext),
    timeoutMs,
    // Who writes a schedule means these seconds; only the default one is jittered.
    pauseAfter: (tries) => (own ? (own[tries - 1] ?? null) : pauseSeconds(HTTP_SCHEDULE_SECONDS, tries, Math.random))
  };
}
