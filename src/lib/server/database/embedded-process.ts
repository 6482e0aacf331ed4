// What the operating system knows about a process: whether a pid is still the process that was meant.

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';

/** A pid alone is not an identity: pids are used again. With the start time it is one. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

const FIELDS_BEFORE_START_TIME = 19;

/**
 * When a process started, in a form that is equal for the same process only.
 * @returns null if there is no such process, or only its zombie
 */
export function startOfProcess(pid: number): string | null {
  if (process.platform === 'linux') return startFromProc(pid);
  if (process.platform === 'win32') return isTaken(pid) ? 'unknown' : null;
  return startFromPs(pid);
}

export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = startOfProcess(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return startOfProcess(identity.pid) === identity.startedAt;
}

/** The command line of a process, its arguments parted by spaces; empty if it cannot be read. */
export function commandLineOf(pid: number): string {
  if (process.platform === 'linux') return (readOrNull(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ');
  return process.platform === 'win32' ? '' : (ps(pid, 'command=') ?? '');
}

/** Processes whose working directory is this one. Linux only; elsewhere the list is empty. */
export function processesIn(directory: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectoryOf(pid) === directory && startFromProc(pid) !== null);
}

/** Whether a pid is in use at all, be it by a zombie that nobody waits for (usual in containers) or by a stranger. */
export function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Sends a signal; false if the process is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Null if it cannot be known. */
export function workingDirectoryOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function startFromProc(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may itself hold spaces and parentheses: count from the last one.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return null;
  // Ticks count from boot, so that two boots could give the same number.
  return `${bootId()}-${fields[FIELDS_BEFORE_START_TIME - 1]}`;
}

function bootId(): string {
  return (readOrNull('/proc/sys/kernel/random/boot_id') ?? 'unknown').slice(0, 8);
}

function startFromPs(pid: number): string | null {
  const line = ps(pid, 'stat=,lstart=');
  if (line === null || line.startsWith('Z')) return null;
  return line.split(/\s+/).slice(1).join('-').replaceAll(':', '.');
}

function ps(pid: number, columns: string): string | null {
  try {
    return execFileSync('ps', ['-ww', '-o', columns, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
