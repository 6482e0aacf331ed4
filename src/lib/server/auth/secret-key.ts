// Where the vault's key comes from, and the check that it is the one this database was written with.

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '#lib/server/config.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Vault } from './vault.ts';

const FILE_NAME = 'secret-key';
const KEY_SHAPE = /^[0-9a-f]{64}$/;

/**
 * SECRET_KEY, or with the embedded database the key in `<dataDirectory>/secret-key` (mode 0600), made once.
 * @throws when DATABASE_URL is set without SECRET_KEY, or the file does not hold a key
 */
export async function readOrMakeSecretKey({
  config
}: {
  config: Pick<Config, 'secretKey' | 'databaseUrl' | 'dataDirectory'>;
}): Promise<string> {
  if (config.secretKey !== null) return config.secretKey;
  // Other nodes must have the same key, so none of them may make up its own.
  if (config.databaseUrl !== null)
    throw new Error('DATABASE_URL is set without SECRET_KEY: set SECRET_KEY, and keep it.');
  const path = join(config.dataDirectory, FILE_NAME);
  const key = (await readIfThere(path)) ?? (await makeKey(config.dataDirectory, path));
  if (!KEY_SHAPE.test(key)) {
    throw new Error(`${path} does not hold 64 hex digits: restore it from a backup, or set SECRET_KEY.`);
  }
  return key;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Written whole and flushed under another name, then linked: a crash leaves no half key, and of two starts the first wins. */
async function makeKey(directory: string, path: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  return (await readFile(path, 'utf8')).trim();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * Remembers the key's fingerprint at the first start, and refuses another key afterwards: with it every stored secret
 * would be unreadable, and new ones would be sealed under a second key.
 * @throws with the sentence to show
 */
export async function checkFingerprint(database: Database, vault: Vault): Promise<void> {
  const sql = database.web;
  await sql`
    insert into settings (name, value) values ('secret_key_fingerprint', ${sql.json(vault.fingerprint)})
    on conflict (name) do nothing`;
  const [row] = await sql<{ value: string }[]>`select value from settings where name = 'secret_key_fingerprint'`;
  if (row?.value === vault.fingerprint) return;
  throw new Error(
    `SECRET_KEY has the fingerprint ${vault.fingerprint}, but this database was written with the key ${row?.value}: ` +
      `start with that key (SECRET_KEY, or the file ${FILE_NAME} in DATA_DIR). Stored secrets cannot be read with another one.`
  );
}
