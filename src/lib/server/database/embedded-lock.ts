// One Holdfast to one DATA_DIR. Whoever starts leaves a file named after itself, then looks for others.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity } from './embedded-process.ts';

const TRIES = 5;
const LONGEST_PAUSE_MS = 80;

/**
 * Claims a data directory for this process.
 *
 * A single lock file has a moment between "its owner is dead" and "I replace it" in which two can win. Here everyone
 * writes a file of their own first and reads the others' second, so of two that start together at least one sees the
 * other: both may step back and try again, but never do both go on.
 * @returns gives it back
 * @throws if another running Holdfast has it
 */
export async function claimDirectory(dataDirectory: string): Promise<() => Promise<void>> {
  const directory = join(dataDirectory, 'lock');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries++) {
    const mine = await writeClaim(directory);
    const other = await findOther(directory, mine);
    if (other === null) return () => rm(join(directory, mine), { force: true });
    await rm(join(directory, mine), { force: true });
    if (tries === TRIES) throw new Error(refusal(dataDirectory, other));
    await delay(Math.random() * LONGEST_PAUSE_MS);
  }
}

function refusal(dataDirectory: string, other: ProcessIdentity): string {
  return (
    `Another Holdfast (process ${other.pid}) is running on DATA_DIR ${dataDirectory}: ` +
    'stop it first, or start this one with another DATA_DIR and PORT.'
  );
}

async function writeClaim(directory: string): Promise<string> {
  const self = identityOf(process.pid);
  const name = `${process.pid}_${self?.startedAt ?? 'unknown'}_${randomBytes(4).toString('hex')}`;
  await writeFile(join(directory, name), '', { flag: 'wx', mode: 0o600 });
  return name;
}

/** A claim that is not mine and whose process lives. Those of the dead are removed: a name is never used twice. */
async function findOther(directory: string, mine: string): Promise<ProcessIdentity | null> {
  for (const name of await readdir(directory)) {
    if (name === mine) continue;
    const [pid = '', startedAt = ''] = name.split('_');
    const claimant = { pid: Number(pid), startedAt };
    if (isRunning(claimant)) return claimant;
    await rm(join(directory, name), { force: true });
  }
  return null;
}
