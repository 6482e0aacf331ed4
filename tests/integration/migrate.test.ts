// Migrations on a real server: from empty, together, and against a schema from the future.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '#lib/server/database/migrate.ts';
import { emptyDatabase } from '../support/database.ts';

const directory = await mkdtemp(join(tmpdir(), 'holdfast-migrations-'));
afterAll(() => rm(directory, { recursive: true }));

const FIRST = 'create table settings (name text primary key, value jsonb not null, updated_at timestamptz);';
const SECOND = `create function one() returns integer language plpgsql as $$ begin return 1; end $$;
  create table numbers (n integer default one());
  insert into numbers default values;`;

beforeEach(async () => {
  await rm(join(directory, '0003_third.sql'), { force: true });
  await writeFile(join(directory, '0001_first.sql'), FIRST);
  await writeFile(join(directory, '0002_second.sql'), SECOND);
});

test('runs files of many statements in order, once', async () => {
  const { url, sql } = await emptyDatabase();
  expect(await migrate(url, directory)).toEqual(['0001_first', '0002_second']);
  expect(await migrate(url, directory)).toEqual([]);
  expect(await sql`select n from numbers`).toEqual([{ n: 1 }]);
});

test('the migrations of this release run on an empty database', async () => {
  const { url, sql } = await emptyDatabase();
  const names = await migrate(url);
  expect(names[0]).toBe('0001_foundation');
  expect(await sql`select version from routing_version`).toEqual([{ version: 1 }]);
});

test('several nodes that start at once migrate once', async () => {
  const { url, sql } = await emptyDatabase();
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(url, directory)));
  expect(applied.flat().sort()).toEqual(['0001_first', '0002_second']);
  expect(await sql`select count(*) as rows from numbers`).toEqual([{ rows: 1 }]);
});

test('a migration that fails is named and leaves nothing', async () => {
  const { url, sql } = await emptyDatabase();
  await writeFile(join(directory, '0003_third.sql'), 'create table third (id integer); select 1 / 0;');
  await expect(migrate(url, directory)).rejects.toThrow('The migration 0003_third failed: division by zero');
  expect(await sql`select to_regclass('third') as third, to_regclass('numbers') as numbers`).toEqual([
    { third: null, numbers: null }
  ]);
});

test('an older program works with a newer schema that only expanded', async () => {
  const { url } = await emptyDatabase();
  await writeFile(join(directory, '0003_third.sql'), 'create table third (id integer);');
  await migrate(url, directory);
  await rm(join(directory, '0003_third.sql'));
  expect(await migrate(url, directory)).toEqual([]);
});

test('an older program refuses a schema that needs a newer one', async () => {
  const { url } = await emptyDatabase();
  const contract = `drop table numbers; insert into settings (name, value) values ('schema_needs', '"0003_third"');`;
  await writeFile(join(directory, '0003_third.sql'), contract);
  await migrate(url, directory);
  expect(await migrate(url, directory)).toEqual([]);
  await rm(join(directory, '0003_third.sql'));
  await expect(migrate(url, directory)).rejects.toThrow(
    'The database has the migration 0003_third, which this Holdfast does not know and cannot work with: ' +
      'start a newer Holdfast.'
  );
});

test('a folder without migrations is an error', async () => {
  const { url } = await emptyDatabase();
  await expect(migrate(url, join(directory, '..'))).rejects.toThrow(/no migrations in .*: start Holdfast from its own/);
});
