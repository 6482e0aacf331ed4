// Where an HTTP delivery goes and how: a row of destinations, read and parsed into what one try needs.

import type { Database } from '#lib/server/database/connect.ts';
import type { StoredDestinationOptions } from '#lib/server/routing/types.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { fullJitterSeconds, HTTP_CAPS_SECONDS } from '../schedule.ts';
import type { TlsOptions } from './guard.ts';

export interface Target {
  url: string;
  /** null: as the message was received. */
  method: string | null;
  /** What signs, the newest first. */
  secrets: string[];
  headers: HeaderPair[];
  tls: TlsOptions;
  forwardPath: boolean;
  timeoutMs: number;
  /** The pause after so many tries, seconds; null: no more tries. */
  pauseAfter(tries: number): number | null;
}

export interface TargetParts {
  database: Database;
  /** Opens a sealed secret. */
  open(sealed: Buffer): string;
  clock: () => number;
}

interface TargetRow {
  url: string;
  secret_ciphertext: Buffer | null;
  previous_secret_ciphertext: Buffer | null;
  previous_secret_expires_at: Date | null;
  options: StoredDestinationOptions;
}

const TIMEOUT_SECONDS = 30;

/** null: the destination is gone, or a handler. */
export async function readTarget(parts: TargetParts, destinationId: number): Promise<Target | null> {
  const [row] = await parts.database.work<TargetRow[]>`
    select url, secret_ciphertext, previous_secret_ciphertext, previous_secret_expires_at, options
      from destinations where id = ${destinationId} and kind = 'http'`;
  return row ? parseTarget(parts, row) : null;
}

function parseTarget({ open, clock }: TargetParts, row: TargetRow): Target {
  const { retry, method, headers = [], forward_path: forwardPath, timeout_seconds: timeout } = row.options;
  const own = retry?.schedule_seconds;
  return {
    url: row.url,
    method: method ?? null,
    secrets: secretsOf(row, clock()).map(open),
    headers: headers.map(([name, sealed]): HeaderPair => [name, open(Buffer.from(sealed, 'base64'))]),
    tls: tlsOf(row.options, open),
    forwardPath: forwardPath ?? false,
    timeoutMs: (timeout ?? TIMEOUT_SECONDS) * 1000,
    // Who writes a schedule means these seconds; only the default one is jittered.
    pauseAfter: (tries) => (own ? (own[tries - 1] ?? null) : fullJitterSeconds(HTTP_CAPS_SECONDS, tries, Math.random))
  };
}

function secretsOf(row: TargetRow, now: number): Buffer[] {
  const { secret_ciphertext: secret, previous_secret_ciphertext: previous, previous_secret_expires_at: until } = row;
  const isLive = until !== null && until.getTime() > now;
  return [secret, isLive ? previous : null].filter((sealed) => sealed !== null);
}

function tlsOf({ tls }: StoredDestinationOptions, open: TargetParts['open']): TlsOptions {
  if (!tls) return {};
  const { ca, client_certificate: clientCertificate, client_key_sealed: sealed, server_name: serverName, verify } = tls;
  return {
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(sealed !== undefined && { clientKey: open(Buffer.from(sealed, 'base64')) }),
    ...(serverName !== undefined && { serverName }),
    ...(verify === false && { verify })
  };
}
