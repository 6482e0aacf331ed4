import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readOrMakeSecretKey } from '#lib/server/auth/secret-key.ts';

async function configIn(given: { secretKey?: string; databaseUrl?: string } = {}) {
  const parent = await mkdtemp(join(tmpdir(), 'holdfast-key-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const dataDirectory = join(parent, 'data');
  return { secretKey: given.secretKey ?? null, databaseUrl: given.databaseUrl ?? null, dataDirectory };
}

test('SECRET_KEY is taken as it is, and nothing is written', async () => {
  const config = await configIn({ secretKey: 'sixteen characters' });
  expect(await readOrMakeSecretKey({ config })).toBe('sixteen characters');
  await expect(stat(config.dataDirectory)).rejects.toThrow('ENOENT');
});

test('with the embedded database a key is made once and kept for this user alone', async () => {
  const config = await configIn();
  const key = await readOrMakeSecretKey({ config });
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await readOrMakeSecretKey({ config })).toBe(key);
  const path = join(config.dataDirectory, 'secret-key');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toBe(`${key}\n`);
});

test('starts at once agree on one key and leave no draft behind', async () => {
  const config = await configIn();
  const keys = await Promise.all(Array.from({ length: 8 }, () => readOrMakeSecretKey({ config })));
  expect(new Set(keys).size).toBe(1);
  expect(await readdir(config.dataDirectory)).toEqual(['secret-key']);
});

test('a damaged key file is named, and not replaced', async () => {
  const config = await configIn();
  await readOrMakeSecretKey({ config });
  const path = join(config.dataDirectory, 'secret-key');
  await writeFile(path, '');
  await expect(readOrMakeSecretKey({ config })).rejects.toThrow(`${path} does not hold 64 hex digits`);
  expect(await readFile(path, 'utf8')).toBe('');
});

test('with DATABASE_URL no key is made up: other nodes would not have it', async () => {
  const config = await configIn({ databaseUrl: 'postgres://localhost/holdfast' });
  await expect(readOrMakeSecretKey({ config })).rejects.toThrow('SECRET_KEY');
});
