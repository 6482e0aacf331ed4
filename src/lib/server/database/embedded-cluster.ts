// PostgreSQL's data directory: made once, whole or not at all, and configured anew at every start.

import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Binaries } from './embedded-binaries.ts';
import { makeFolder, placeFile, spawnAs, type Owner } from './embedded-owner.ts';
import { accessRules, SERVER_ENVIRONMENT, settingsFile, type Settings } from './embedded-settings.ts';

export const ROLE = 'holdfast';
const PASSWORD_FILE = 'holdfast.password';
const DRAFT_PREFIX = 'postgres.new-';
const BUILTIN_LOCALE_SINCE = 17;

export interface Cluster {
  /** PostgreSQL's own data directory. */
  directory: string;
  binaries: Binaries;
  owner: Owner;
}

/**
 * Makes the cluster if there is none yet. It is made in a draft folder and renamed, so that one that is there is
 * whole, with its role, its database and its password; drafts of starts that were killed are removed.
 * @param durable false: skip the flush to disk, for tests
 * @throws if it was made by another major version of PostgreSQL
 */
export async function ensureCluster(cluster: Cluster, durable: boolean): Promise<void> {
  const parent = dirname(cluster.directory);
  for (const name of await readdir(parent)) {
    if (name.startsWith(DRAFT_PREFIX)) await rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const version = await readFile(join(cluster.directory, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version === null) return makeCluster(cluster, durable);
  if (Number(version) !== cluster.binaries.major) throw new Error(otherVersion(cluster, version.trim()));
}

/** The password of the role `holdfast`, made with the cluster. */
export async function readPassword(cluster: Cluster): Promise<string> {
  return (await readFile(join(cluster.directory, PASSWORD_FILE), 'utf8')).trim();
}

/** Writes PostgreSQL's two configuration files. They are ours: what someone changed in them is replaced. */
export async function configureCluster(cluster: Cluster, settings: Settings): Promise<void> {
  await placeFile(join(cluster.directory, 'postgresql.conf'), settingsFile(settings), cluster.owner);
  await placeFile(join(cluster.directory, 'pg_hba.conf'), accessRules(ROLE), cluster.owner);
}

/** The best compression of the write-ahead log that this build has: they differ by platform. */
export async function findWalCompression({ owner, binaries, directory }: Cluster): Promise<string> {
  const probe = ['-C', 'wal_compression', '-c', 'wal_compression=lz4', '-D', directory];
  return runProgram(owner, [binaries.postgres, ...probe]).then(
    () => 'lz4',
    () => 'pglz'
  );
}

function otherVersion(cluster: Cluster, version: string): string {
  return (
    `The database in ${cluster.directory} was made by PostgreSQL ${version}, and this Holdfast brings ` +
    `${cluster.binaries.major}: back it up with the Holdfast that made it, and restore it into an empty DATA_DIR.`
  );
}

async function makeCluster(cluster: Cluster, durable: boolean): Promise<void> {
  const existing = await stat(cluster.directory).catch(() => null);
  if (existing && (await readdir(cluster.directory)).length > 0) {
    throw new Error(`${cluster.directory} is neither empty nor a database of PostgreSQL: move it away.`);
  }
  const draft = join(dirname(cluster.directory), DRAFT_PREFIX + randomBytes(4).toString('hex'));
  await makeFolder(draft, cluster.owner);
  const made = { ...cluster, directory: draft };
  await runProgram(cluster.owner, initdbCommand(made, durable));
  await makeDatabase(made);
  await rename(draft, cluster.directory);
}

function initdbCommand({ binaries, directory }: Cluster, durable: boolean): string[] {
  // The built-in locale sorts the same wherever the cluster is moved; the C library's changes with the system.
  const locale =
    binaries.major >= BUILTIN_LOCALE_SINCE
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8'];
  const flags = ['--encoding=UTF8', '--data-checksums', '--no-instructions', '--auth=reject', '--username=postgres'];
  return [binaries.initdb, `--pgdata=${directory}`, ...locale, ...flags, ...(durable ? [] : ['--no-sync'])];
}

/**
 * Makes our role and database in single-user mode, so that no server ever listens for the superuser: Holdfast's own
 * role can read statistics and make databases, but no files and no programs.
 */
async function makeDatabase(cluster: Cluster): Promise<void> {
  const password = randomBytes(24).toString('hex');
  await placeFile(join(cluster.directory, PASSWORD_FILE), `${password}\n`, cluster.owner);
  const single = ['--single', '-D', cluster.directory, '-c', 'password_encryption=scram-sha-256', 'postgres'];
  // Single-user mode reads one statement a line.
  await runProgram(
    cluster.owner,
    [cluster.binaries.postgres, ...single],
    `create role ${ROLE} login createdb password '${password}'\n` +
      `grant pg_monitor, pg_checkpoint to ${ROLE}\n` +
      `create database ${ROLE} owner ${ROLE}\n`
  );
}

async function runProgram(owner: Owner, command: string[], input = ''): Promise<void> {
  const child = spawnAs(owner, command, { stdio: ['pipe', 'pipe', 'pipe'], env: SERVER_ENVIRONMENT });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  // A program that ends without reading is judged by its exit code.
  child.stdin?.on('error', () => {}).end(input);
  const read = async (stream: Readable | null) => (stream ? text(stream) : '');
  const [code, printed, errors] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  // Single-user mode goes on after a statement that failed, and exits with 0.
  if (code !== 0 || /\b(ERROR|FATAL|PANIC): /.test(errors)) {
    throw new Error(`${command[0]} failed with exit code ${code}: ${errors}${printed}`);
  }
}
