// A database for each test file: a clone of the migrated template, so that files neither wait for nor see each other.

import { randomBytes } from 'node:crypto';
import { afterAll, inject, onTestFinished } from 'vitest';
import { connect, openPool, type Database, type Sql } from '#lib/server/database/connect.ts';
import { until } from './until.ts';

/** Every role may connect to it, and nobody needs it as a template. */
const ADMINISTRATION_DATABASE = 'postgres';

export type TestDatabase = Database & { url: string };

/**
 * Makes this test file's database; it is dropped after the file's tests. Connections that are still open then, other
 * than those of the returned pools, fail the file.
 * @param templateUrl what to clone; by default the migrated database of this run, with partitions around today
 */
export async function testDatabase(templateUrl = inject('templateUrl')): Promise<TestDatabase> {
  const url = await makeDatabase(templateUrl, new URL(templateUrl).pathname.slice(1));
  const database = connect(url);
  afterAll(() => database.close().then(() => dropDatabase(url)));
  return { ...database, url };
}

/** A database with nothing in it, for one test; dropped when that ends. */
export async function emptyDatabase(): Promise<{ url: string; sql: Sql }> {
  const url = await makeDatabase(inject('templateUrl'), 'template1');
  const sql = openPool(url, 1, 0);
  onTestFinished(() => sql.end().then(() => dropDatabase(url)));
  return { url, sql };
}

async function makeDatabase(serverUrl: string, template: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, (sql) => sql`create database ${sql(name)} template ${sql(template)}`);
  return databaseUrl(serverUrl, name);
}

async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await administer(url, async (sql) => {
    await expectNoConnections(sql, name).finally(() => sql`drop database ${sql(name)} with (force)`);
  });
}

async function administer(serverUrl: string, work: (sql: Sql) => Promise<unknown>): Promise<void> {
  const sql = openPool(databaseUrl(serverUrl, ADMINISTRATION_DATABASE), 1, 0);
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** A backend ends a moment after its client: wait for that moment. */
async function expectNoConnections(sql: Sql, name: string): Promise<void> {
  const open = () => sql<{ query: string }[]>`select query from pg_stat_activity where datname = ${name}`;
  await until(async () => (await open()).length === 0, {
    patienceMs: 3_000,
    failure: async () => `Connections leaked; they last ran:\n${(await open()).map((row) => row.query).join('\n')}`
  });
}
