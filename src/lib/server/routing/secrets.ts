// Secrets of sources: sealed on the way in, never given out again.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import { apiKeyLabels, isApiKeyLabel } from './api-keys.ts';

/** What seals a secret: the vault. */
export interface Sealer {
  seal(text: string): Buffer;
}

export interface NewSecret {
  label: string;
  value: string;
}

/** All that is ever shown of a secret. Times ISO 8601 in UTC. */
export interface SecretRecord {
  id: number;
  label: string;
  created_at: string;
  /** A rotated secret is good until here; null: until it is rotated or deleted. */
  expires_at: string | null;
}

export interface Rotation {
  secret: NewSecret;
  /** How long the secrets of the same kind stay good beside the new one; 0 ends them at once. */
  overlapHours: number;
}

export async function insertSecrets(
  sql: Sql | Transaction,
  sourceId: number,
  sealed: readonly { label: string; ciphertext: Buffer }[]
): Promise<void> {
  // One by one, in order: a later one is the newer, and is tried first.
  for (const { label, ciphertext } of sealed) {
    await sql`insert into source_secrets (source_id, label, ciphertext) values (${sourceId}, ${label}, ${ciphertext})`;
  }
}

export function sealAll(vault: Sealer, secrets: readonly NewSecret[]): { label: string; ciphertext: Buffer }[] {
  return secrets.map(({ label, value }) => ({ label, ciphertext: vault.seal(value) }));
}

/** Secrets of these sources that have not expired, newest first, by source. */
export async function secretsOfSources(sql: Sql, sourceIds: readonly number[]): Promise<Map<number, SecretRecord[]>> {
  const rows = await sql<{ id: number; source_id: number; label: string; created_at: Date; expires_at: Date | null }[]>`
    select id, source_id, label, created_at, expires_at from source_secrets
     where source_id = any(${[...sourceIds]}::int[]) and (expires_at is null or expires_at > now())
     order by id desc`;
  const bySource = new Map<number, SecretRecord[]>();
  for (const { source_id: sourceId, created_at: createdAt, expires_at: expiresAt, ...row } of rows) {
    const record = { ...row, created_at: createdAt.toISOString(), expires_at: expiresAt?.toISOString() ?? null };
    bySource.set(sourceId, [...(bySource.get(sourceId) ?? []), record]);
  }
  return bySource;
}

/**
 * Adds a secret and lets the older ones of its kind expire: signing secrets, or the key of the provider's API.
 * @returns false when there is no such source
 */
export async function rotateSecret(
  { database, vault }: { database: Database; vault: Sealer },
  sourceId: number,
  { secret, overlapHours }: Rotation
): Promise<boolean> {
  const sealed = sealAll(vault, [secret]);
  // What calls an API signs nothing: rotating it leaves signing secrets alone, and the other way round.
  const isApiKey = isApiKeyLabel(secret.label);
  return database.web.begin(async (sql) => {
    const [source] = await sql`select from sources where id = ${sourceId} for update`;
    if (source === undefined) return false;
    await sql`
      update source_secrets
         set expires_at = least(expires_at, now() + make_interval(secs => ${overlapHours * 3600}))
       where source_id = ${sourceId}
           and case when ${isApiKey} then label = ${secret.label} else label <> all(${apiKeyLabels}::text[]) end`;
    await insertSecrets(sql, sourceId, sealed);
    return true;
  });
}

/** Ends a secret at once. @returns false when the source has no such secret */
export async function deleteSecret(database: Database, sourceId: number, secretId: number): Promise<boolean> {
  const deleted = await database.web`
    delete from source_secrets where id = ${secretId} and source_id = ${sourceId} returning 1`;
  return deleted.length > 0;
}
