// Brings the schema up to date: the plain .sql files of migrations/, in order, each in the migrator's transaction.
//
// Migrations expand first and contract a release later, so that a node may meet a schema newer than itself and work on.
// The migration that contracts says so in the row `schema_needs` of settings: the name of a migration that a program
// must know to work with this schema, for example
//   insert into settings (name, value) values ('schema_needs', '"0007_new_column"')
//     on conflict (name) do update set value = excluded.value;

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Kysely, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { PostgresJSDialect } from 'kysely-postgres-js';
import { openPool, type Sql } from './connect.ts';
import type { DB } from './schema.ts';

const MIGRATIONS_TABLE = 'kysely_migration';

/**
 * Runs the migrations that this database has not had. Safe to call from several nodes at once: one runs them, the
 * others wait.
 * @param url the database; migrations get a connection of their own, without a statement timeout
 * @returns the names applied, in order; empty if there was nothing to do
 * @throws if a migration fails, or if the schema is newer than this program can work with
 */
export async function migrate(url: string, migrationsDirectory = resolve('migrations')): Promise<string[]> {
  const migrations = await readMigrations(migrationsDirectory);
  const database = new Kysely<DB>({ dialect: new PostgresJSDialect({ postgres: oneConnection(url) }) });
  try {
    if (await isNewerSchema(database, migrations)) return [];
    const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    // A newer node may have migrated while we waited for the lock.
    if (error !== undefined && (await isNewerSchema(database, migrations))) return [];
    const failed = results.find((result) => result.status === 'Error');
    if (error !== undefined) throw new Error(failure(failed?.migrationName, error), { cause: error });
    return results.map((result) => result.migrationName);
  } finally {
    await database.destroy();
  }
}

/**
 * Kysely reserves its connection, and postgres.js's reserve() can wait for good when one is lost or not open yet. Of a pool
 * that has one, that one is reserved anyway.
 */
function oneConnection(url: string): Sql {
  const pool = openPool(url, 1, 0);
  const reserved = Object.assign(pool, { release() {} });
  return Object.assign(pool, { reserve: () => Promise.resolve(reserved) });
}

function failure(name: string | undefined, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const what = name === undefined ? 'The database could not be migrated' : `The migration ${name} failed`;
  return `${what}: ${reason}. Nothing of it was kept.`;
}

async function readMigrations(directory: string): Promise<Record<string, Migration>> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  if (files.length === 0)
    throw new Error(`There are no migrations in ${directory}: start Holdfast from its own folder.`);
  const read = async (name: string): Promise<[string, Migration]> => {
    const text = await readFile(join(directory, name), 'utf8');
    return [name.replace(/\.sql$/, ''), { up: (transaction) => runFile(transaction, text) }];
  };
  return Object.fromEntries(await Promise.all(files.map(read)));
}

/**
 * Kysely sends everything as one prepared statement, and a file has many: EXECUTE takes them all, parsing each after
 * the one before has run.
 */
async function runFile(transaction: Kysely<unknown>, text: string): Promise<void> {
  const quote = `$file_${randomBytes(8).toString('hex')}$`;
  await sql.raw(`do $run$ begin execute ${quote}${text}${quote}; end $run$`).execute(transaction);
}

/**
 * Whether this database has had migrations that this program does not know of, and may be used as it is.
 * @throws if it may not
 */
async function isNewerSchema(database: Kysely<DB>, known: Record<string, Migration>): Promise<boolean> {
  const applied = await appliedMigrations(database);
  const unknown = applied.filter((name) => !(name in known));
  if (unknown.length === 0) return false;
  const needs = await neededMigration(database);
  const missing = Object.keys(known).filter((name) => !applied.includes(name));
  if (missing.length > 0 || (needs !== null && !(needs in known))) {
    throw new Error(
      `The database has the migration ${unknown.at(-1)}, which this Holdfast does not know and cannot work with: ` +
        'start a newer Holdfast.'
    );
  }
  return true;
}

async function neededMigration(database: Kysely<DB>): Promise<string | null> {
  const settings = database.selectFrom('settings').select('value').where('name', '=', 'schema_needs');
  const value = (await settings.executeTakeFirst())?.value;
  return typeof value === 'string' ? value : null;
}

async function appliedMigrations(database: Kysely<DB>): Promise<string[]> {
  const exists = await sql<{ found: boolean }>`select to_regclass(${MIGRATIONS_TABLE}) is not null as found`.execute(
    database
  );
  if (!exists.rows[0]?.found) return [];
  const rows = await sql<{ name: string }>`select name from ${sql.table(MIGRATIONS_TABLE)} order by name`.execute(
    database
  );
  return rows.rows.map((row) => row.name);
}
