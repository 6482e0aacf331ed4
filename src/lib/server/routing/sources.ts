// Sources as people manage them. The door reads them through cache.ts; after a change the caller refreshes that.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import { insertSecrets, sealAll, secretsOfSources, type NewSecret, type Sealer, type SecretRecord } from './secrets.ts';
import { makeSlug } from './slug.ts';
import type { SourceOptions } from './types.ts';
import { isUniqueViolation } from './unique-violation.ts';

/** A source as API and screens show it: never a secret's value. Times ISO 8601 in UTC. */
export interface SourceRecord {
  id: number;
  slug: string;
  name: string;
  provider: string;
  options: SourceOptions;
  secrets: SecretRecord[];
  created_at: string;
  updated_at: string;
}

/** Checked by the API's schema. Without a slug one is made, with a random part. */
export interface NewSource {
  slug?: string | undefined;
  name?: string | undefined;
  provider: string;
  secrets: readonly NewSecret[];
  options: SourceOptions;
}

/** What is given is changed. `secrets` replaces them all, at once: rotateSecret leaves an overlap. */
export interface SourceChange {
  slug?: string | undefined;
  name?: string | undefined;
  provider?: string | undefined;
  secrets?: readonly NewSecret[] | undefined;
  options?: SourceOptions | undefined;
}

export type SourceWrite =
  { outcome: 'saved'; source: SourceRecord } | { outcome: 'unknown' } | { outcome: 'slug_taken'; slug: string };

/** What changing a source takes. */
export interface SourceParts {
  database: Database;
  vault: Sealer;
  /** A source of a handler's provider is connected to it by default. */
  handlers: readonly { name: string; provider: string }[];
}

interface SourceRow {
  id: number;
  slug: string;
  name: string;
  provider: string;
  options: SourceOptions;
  created_at: Date;
  updated_at: Date;
}

/** All sources, oldest first. */
export async function listSources(database: Database): Promise<SourceRecord[]> {
  const rows = await database.web<SourceRow[]>`select * from sources order by id`;
  return withSecrets(database.web, rows);
}

/** One source by its number or its slug. */
export async function findSource(database: Database, key: number | string): Promise<SourceRecord | null> {
  const sql = database.web;
  const rows = await sql<SourceRow[]>`
    select * from sources where ${typeof key === 'number' ? sql`id = ${key}` : sql`slug = ${key}`}`;
  return (await withSecrets(sql, rows))[0] ?? null;
}

/** One source by its number or its slug, as text. A slug may be all digits: a number goes before it. */
export async function findSourceByKey(database: Database, key: string): Promise<SourceRecord | null> {
  const found = /^[1-9]\d{0,8}$/.test(key) ? await findSource(database, Number(key)) : null;
  return found ?? findSource(database, key);
}

/** Makes a source with its secrets, connected to the handlers of its provider: all of it or nothing. */
export async function createSource(parts: SourceParts, source: NewSource): Promise<SourceWrite> {
  const slug = source.slug ?? makeSlug(source.provider);
  const sealed = sealAll(parts.vault, source.secrets);
  const id = await parts.database.web.begin(async (sql) => {
    const [row] = await sql<{ id: number }[]>`
      insert into sources (slug, name, provider, options)
      values (${slug}, ${source.name ?? slug}, ${source.provider}, ${JSON.stringify(source.options)}::text::jsonb)
      on conflict (slug) do nothing
      returning id`;
    if (row === undefined) return null;
    await insertSecrets(sql, row.id, sealed);
    await connectHandlers(sql, row.id, handlersFor(parts, source.provider));
    return row.id;
  });
  return id === null ? { outcome: 'slug_taken', slug } : saved(parts.database, id);
}

/** Changes what is given and leaves the rest. A new provider brings its handlers' connections with it. */
export async function updateSource(parts: SourceParts, id: number, change: SourceChange): Promise<SourceWrite> {
  const { slug, provider, secrets } = change;
  const sealed = secrets && sealAll(parts.vault, secrets);
  try {
    const changed = await parts.database.web.begin(async (sql) => {
      if (!(await updateRow(sql, id, change))) return false;
      if (sealed) {
        await sql`delete from source_secrets where source_id = ${id}`;
        await insertSecrets(sql, id, sealed);
      }
      if (provider !== undefined) await connectHandlers(sql, id, handlersFor(parts, provider));
      return true;
    });
    return changed ? await saved(parts.database, id) : { outcome: 'unknown' };
  } catch (error) {
    if (slug !== undefined && isUniqueViolation(error)) return { outcome: 'slug_taken', slug };
    throw error;
  }
}

async function updateRow(sql: Transaction, id: number, change: SourceChange): Promise<boolean> {
  const { slug, name, provider, options } = change;
  const rows = await sql`
    update sources
       set slug = ${slug ?? sql`slug`}, name = ${name ?? sql`name`}, provider = ${provider ?? sql`provider`},
           options = ${options === undefined ? sql`options` : sql`${JSON.stringify(options)}::text::jsonb`},
           updated_at = now()
     where id = ${id}
    returning 1`;
  return rows.length > 0;
}

/** Deletes a source with its secrets and connections. Its messages stay until they are pruned. */
export async function deleteSource(database: Database, id: number): Promise<boolean> {
  const deleted = await database.web`delete from sources where id = ${id} returning 1`;
  return deleted.length > 0;
}

function handlersFor(parts: SourceParts, provider: string): string[] {
  return parts.handlers.filter((handler) => handler.provider === provider).map((handler) => handler.name);
}

async function connectHandlers(sql: Transaction, sourceId: number, handlers: string[]): Promise<void> {
  await sql`
    insert into connections (source_id, destination_id)
    select ${sourceId}, id from destinations where handler = any(${handlers}::text[])
    on conflict do nothing`;
}

async function saved(database: Database, id: number): Promise<SourceWrite> {
  const source = await findSource(database, id);
  return source === null ? { outcome: 'unknown' } : { outcome: 'saved', source };
}

async function withSecrets(sql: Sql, rows: readonly SourceRow[]): Promise<SourceRecord[]> {
  const secrets = await secretsOfSources(
    sql,
    rows.map((row) => row.id)
  );
  return rows.map((row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    provider: row.provider,
    options: row.options,
    secrets: secrets.get(row.id) ?? [],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString()
  }));
}
