// The postmaster as a process: found, started, waited for, stopped.

import { execFile } from 'node:child_process';
import { open, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cluster } from './embedded-cluster.ts';
import { spawnAs } from './embedded-owner.ts';
import {
  commandLineOf,
  identityOf,
  isRunning,
  isTaken,
  processesIn,
  signalProcess,
  startOfProcess,
  workingDirectoryOf,
  type ProcessIdentity
} from './embedded-process.ts';
import { SERVER_ENVIRONMENT, socketPath, type Endpoint } from './embedded-settings.ts';

const run = promisify(execFile);
const POLL_MS = 20;
const ORPHAN_PATIENCE_MS = 1_000;
const FAST_STOP_MS = 4_000;
const LOG_TAIL_BYTES = 2_000;
/** Lines of postmaster.pid, counted from 0 (PostgreSQL's pidfile.h). */
const PID_FILE = { pid: 0, port: 3, socketDirectory: 4, status: 7 };

/** What postmaster.pid says. `status` is ready, starting, stopping or standby. */
interface PidFile {
  pid: number;
  endpoint: Endpoint;
  status: string;
}

async function readPidFile(cluster: Cluster): Promise<PidFile | null> {
  const content = await readFile(join(cluster.directory, 'postmaster.pid'), 'utf8').catch(() => null);
  if (content === null) return null;
  const lines = content.split('\n').map((line) => line.trim());
  const port = Number(lines[PID_FILE.port]);
  const socketDirectory = lines[PID_FILE.socketDirectory] || null;
  return {
    pid: Number(lines[PID_FILE.pid]),
    endpoint: { socketDirectory, port },
    status: lines[PID_FILE.status] ?? ''
  };
}

/** A postmaster that runs on this cluster, left by a Holdfast that was killed. */
export async function findPostmaster(cluster: Cluster): Promise<(ProcessIdentity & { endpoint: Endpoint }) | null> {
  const file = await readPidFile(cluster);
  if (!file) return null;
  const identity = identityOf(file.pid);
  if (!identity || !(await isPostmasterOf(cluster, file.pid))) return null;
  return { ...identity, endpoint: file.endpoint };
}

/** The pid may be another's by now: the command line and the working directory tell. */
async function isPostmasterOf(cluster: Cluster, pid: number): Promise<boolean> {
  const commandLine = commandLineOf(pid);
  if (process.platform === 'win32') return true;
  if (!/postgres(\.exe)? /.test(commandLine) || !commandLine.includes(cluster.directory)) return false;
  return process.platform !== 'linux' || workingDirectoryOf(pid) === (await realpath(cluster.directory));
}

/**
 * Clears what a postmaster that died left behind: backends that outlived it, which would keep a new one from starting,
 * and lock files whose pid is taken. Only call this when findPostmaster found none.
 */
export async function clearRemains(cluster: Cluster, endpoint: Endpoint): Promise<void> {
  const directory = await realpath(cluster.directory);
  const backends = () => processesIn(directory).filter((pid) => commandLineOf(pid).startsWith('postgres'));
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of backends()) signalProcess(pid, signal);
    await waitFor(() => backends().length === 0, ORPHAN_PATIENCE_MS);
  }
  const file = await readPidFile(cluster);
  // PostgreSQL removes the file itself if the pid is free. A stranger's or a zombie's it takes for its own.
  if (file && isTaken(file.pid)) await rm(join(cluster.directory, 'postmaster.pid'), { force: true });
  // The folder is ours alone: without a postmaster the lock is nobody's.
  if (endpoint.socketDirectory !== null) await rm(`${socketPath(endpoint.socketDirectory)}.lock`, { force: true });
}

/**
 * Starts a postmaster in a session of its own, so that neither Ctrl-C nor our end takes it down unasked.
 * @param logFile gets everything it prints
 */
export async function launchPostmaster(cluster: Cluster, logFile: string): Promise<ProcessIdentity> {
  const log = await open(logFile, 'a', 0o600);
  try {
    const command = [cluster.binaries.postgres, '-D', cluster.directory];
    const stdio: ('ignore' | number)[] = ['ignore', log.fd, log.fd];
    const child = spawnAs(cluster.owner, command, { stdio, detached: true, env: SERVER_ENVIRONMENT });
    const failure = await new Promise<Error | null>((resolve) => {
      child.once('spawn', () => resolve(null)).once('error', resolve);
    });
    child.unref();
    if (failure || child.pid === undefined) throw new Error('PostgreSQL could not be started.', { cause: failure });
    return { pid: child.pid, startedAt: startOfProcess(child.pid) ?? 'gone' };
  } finally {
    await log.close();
  }
}

/**
 * Waits until the postmaster takes connections, however long its recovery needs.
 * @param onWait called about every five seconds
 * @throws with the end of its log if it ends instead, or when the signal says so
 */
export async function waitUntilReady(
  cluster: Cluster,
  postmaster: ProcessIdentity,
  { logFile, onWait, signal }: { logFile: string; onWait: () => void; signal: AbortSignal }
): Promise<void> {
  for (let waited = POLL_MS; ; waited += POLL_MS) {
    signal.throwIfAborted();
    const file = await readPidFile(cluster);
    if (file?.pid === postmaster.pid && file.status === 'ready') return;
    if (!isRunning(postmaster)) throw new Error(`PostgreSQL did not start. Its log ends:\n${await tail(logFile)}`);
    if (waited % 5_000 === 0) onWait();
    await delay(POLL_MS);
  }
}

/** Stops the postmaster: fast with a checkpoint, and if that takes too long at once, to be recovered at the next start. */
export async function stopPostmaster(cluster: Cluster, postmaster: ProcessIdentity): Promise<'clean' | 'immediate'> {
  const gone = () => !isRunning(postmaster);
  if (process.platform === 'win32') {
    await run(cluster.binaries.pgCtl, ['stop', '-D', cluster.directory, '-m', 'fast', '-w']);
    return 'clean';
  }
  signalProcess(postmaster.pid, 'SIGINT');
  if (await waitFor(gone, FAST_STOP_MS)) return 'clean';
  signalProcess(postmaster.pid, 'SIGQUIT');
  if (!(await waitFor(gone, ORPHAN_PATIENCE_MS))) signalProcess(postmaster.pid, 'SIGKILL');
  return 'immediate';
}

async function waitFor(condition: () => boolean, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
    if (condition()) return true;
    await delay(POLL_MS);
  }
  return condition();
}

async function tail(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch(() => '');
  return content.slice(-LOG_TAIL_BYTES).trim();
}
