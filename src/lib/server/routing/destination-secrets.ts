// The secret that signs a destination's deliveries, and its rotation: for a while the one before it signs too.

import { randomBytes } from 'node:crypto';
import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Sealer } from './secrets.ts';

const SECRET_BYTES = 32;

/** As Standard Webhooks writes them: receivers take it as it is. */
export const newSigningSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

export interface Rotation {
  secret: string;
  /** How long the present secret signs beside the new one; 0 ends it at once. */
  keepSeconds: number;
}

/** @returns false when there is no such HTTP destination */
export async function rotateDestinationSecret(
  { database, vault }: { database: Database; vault: Sealer },
  id: number,
  { secret, keepSeconds }: Rotation
): Promise<boolean> {
  return writeSecret(database.web, id, { sealed: vault.seal(secret), keepSeconds });
}

/** The secret before the present one signs no more. @returns false when there was none */
export async function endPreviousSecret(database: Database, id: number): Promise<boolean> {
  const ended = await database.web`
    update destinations set previous_secret_ciphertext = null, previous_secret_expires_at = null, updated_at = now()
     where id = ${id} and previous_secret_expires_at > now() returning 1`;
  return ended.length > 0;
}

/** Two sign at most: a rotation within a rotation ends the oldest. */
export async function writeSecret(
  sql: Sql | Transaction,
  id: number,
  { sealed, keepSeconds }: { sealed: Buffer; keepSeconds: number }
): Promise<boolean> {
  const written = await sql`
    update destinations
       set secret_ciphertext = ${sealed},
           previous_secret_ciphertext = case when ${keepSeconds}::float8 > 0 then secret_ciphertext end,
           previous_secret_expires_at = case when ${keepSeconds}::float8 > 0 and secret_ciphertext is not null
                                             then now() + make_interval(secs => ${keepSeconds}::float8) end,
           updated_at = now()
     where id = ${id} and kind = 'http' returning 1`;
  return written.length > 0;
}
