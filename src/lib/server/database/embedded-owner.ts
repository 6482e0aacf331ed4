// Under whose user PostgreSQL runs. It refuses root, so that root starts it as another user, who must be able to
// reach its files.

import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chown, lstat, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ACCOUNT = 'postgres';
const SEARCH_CAPABILITY = '+dac_read_search';

/** The user PostgreSQL runs as; null ids: the one this process runs as. */
export interface Owner {
  ids: { uid: number; gid: number } | null;
  /** The data directory lies below a folder closed to that user, such as /root with mode 0700. */
  behindClosedFolder: boolean;
}

/**
 * Decides who runs PostgreSQL on a cluster: whoever owns it already, else this user, else (for root) the user
 * `postgres`, which is made if it is missing.
 * @param cluster the data directory of PostgreSQL, which need not exist
 * @param parent the folder it lies in, which does
 * @throws if the cluster belongs to someone else and we are not root
 */
export async function findOwner(cluster: string, parent: string): Promise<Owner> {
  const existing = await stat(cluster).catch(() => null);
  const self = process.getuid?.();
  if (self === undefined) return { ids: null, behindClosedFolder: false };
  if (self !== 0) {
    if (existing && existing.uid !== self) throw new Error(foreignCluster(cluster, existing.uid, self));
    return { ids: null, behindClosedFolder: false };
  }
  const ids = existing && existing.uid !== 0 ? { uid: existing.uid, gid: existing.gid } : await accountIds();
  return { ids, behindClosedFolder: !(await canReach(ids, parent)) };
}

function foreignCluster(cluster: string, owner: number, self: number): string {
  return (
    `The database in ${cluster} belongs to user id ${owner}, and this is user id ${self}: ` +
    'start Holdfast as that user or as root, or choose another DATA_DIR.'
  );
}

async function accountIds(): Promise<{ uid: number; gid: number }> {
  const found = await lookUpAccount();
  if (found) return found;
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT];
  const failure = await run('useradd', options).then(
    () => null,
    (error: unknown) => error
  );
  const made = await lookUpAccount();
  if (made) return made;
  throw new Error(
    `PostgreSQL does not run as root, and the user "${ACCOUNT}" could not be created: ` +
      'create it, or start Holdfast as an ordinary user.',
    { cause: failure }
  );
}

async function lookUpAccount(): Promise<{ uid: number; gid: number } | null> {
  const text = await run('id', [ACCOUNT]).then(
    (result) => result.stdout,
    () => ''
  );
  const [, uid, gid] = /^uid=(\d+).*? gid=(\d+)/.exec(text) ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
}

/** Whether a user can enter a folder and all above it, by their modes. */
export async function canReach(ids: { uid: number; gid: number }, folder: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  const bit = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  return dirname(folder) === folder || canReach(ids, dirname(folder));
}

/** Starts a program of PostgreSQL as the owner. */
export function spawnAs(owner: Owner, command: string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...parameters] = command;
  if (!owner.ids) return spawn(program, parameters, options);
  const { uid, gid } = owner.ids;
  if (!owner.behindClosedFolder) return spawn(program, parameters, { ...options, uid, gid });
  // The user itself cannot pass the closed folder. This one capability lets it: it reads, and never writes, elsewhere.
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  const capability = ['--inh-caps', SEARCH_CAPABILITY, '--ambient-caps', SEARCH_CAPABILITY];
  return spawn('setpriv', [...user, ...capability, '--', program, ...parameters], options);
}

/**
 * Makes a folder that only the owner can enter.
 * @throws if there is something of that name that is not the owner's folder
 */
export async function makeFolder(path: string, owner: Owner): Promise<void> {
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    () => false
  );
  if (made && owner.ids) await chown(path, owner.ids.uid, owner.ids.gid);
  const found = await lstat(path);
  const uid = owner.ids?.uid ?? process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${path} is not a folder of user id ${uid}: remove it, for PostgreSQL needs one of that name.`);
  }
}

/** Writes a file that only the owner can read, in one step: it is there whole or not at all. */
export async function placeFile(path: string, text: string, owner: Owner): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
  if (owner.ids) await chown(draft, owner.ids.uid, owner.ids.gid);
  await rename(draft, path);
}
