// The built server as a process of its own, for tests from outside: faults, end to end, two nodes.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesIn, signalProcess } from '#lib/server/database/embedded-process.ts';
import { until } from './until.ts';

const READY_WITHIN_MS = 30_000;
const STOPPED_WITHIN_MS = 10_000;
/** With a database of its own a server makes its key; several on one database need the same. */
const SHARED_SECRET_KEY = 'a secret key that all test servers share';

export interface HoldfastOptions {
  env?: Record<string, string>;
  /** DATA_DIR; by default a new one. */
  dataDirectory?: string;
  /** By default its own embedded PostgreSQL. */
  databaseUrl?: string;
}

export interface ApiRequest {
  method?: string;
  body?: unknown;
}

export interface ApiAnswer {
  status: number;
  /** Parsed JSON; null if there was none. */
  body: unknown;
}

export interface Holdfast {
  /** http://127.0.0.1:<port> */
  url: string;
  pid: number;
  apiKey: string;
  dataDirectory: string;
  /** Calls `/api/v1<path>` with the key. A body that is no text is sent as JSON. */
  api(path: string, init?: ApiRequest): Promise<ApiAnswer>;
  /** Sends a signal; for SIGKILL, waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** All it has printed. */
  output(): string;
}

const running = new Set<ChildProcess>();
const dataDirectories = new Set<string>();

/** A DATA_DIR that is removed, with whatever still runs in it, after the file's tests. */
export async function temporaryDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-data-'));
  // As root: let PostgreSQL's user in.
  await chmod(directory, 0o711);
  dataDirectories.add(directory);
  return directory;
}

/** A port that nothing listens on now, for a server whose URL has to be known before. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return String(address.port);
}

/**
 * Starts the built server on a free port and waits until it is ready. Stop it: one that is left running fails the file.
 * @throws with its output if it ends instead
 */
export async function startHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  if (!existsSync('build/handler.js')) throw new Error('There is no build: run "npm run build" first.');
  const dataDirectory = options.dataDirectory ?? (await temporaryDataDirectory());
  const apiKey = options.env?.['API_KEY'] ?? `key_${randomBytes(12).toString('hex')}`;
  const child = spawn(process.execPath, ['src/server.ts'], {
    env: environment({ ...options, dataDirectory }, apiKey),
    stdio: ['ignore', 'pipe', 'pipe']
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += String(data)));
  const port = options.env?.['PORT'];
  const url = await readyUrl(child, () => output, port === undefined ? null : `http://127.0.0.1:${port}`);
  return {
    url,
    pid: child.pid ?? 0,
    apiKey,
    dataDirectory,
    api: (path, init = {}) => callApi(`${url}/api/v1${path}`, apiKey, init),
    async kill(signal) {
      const ended = signal === 'SIGKILL' ? exitOf(child) : null;
      child.kill(signal);
      await ended;
    },
    async stop() {
      const ended = exitOf(child);
      child.kill('SIGTERM');
      return ended;
    },
    output: () => output
  };
}

/** Only what is meant for it: not the tester's own DATABASE_URL. */
function environment(options: HoldfastOptions, apiKey: string): Record<string, string> {
  const { dataDirectory = '', databaseUrl, env = {} } = options;
  const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl, SECRET_KEY: SHARED_SECRET_KEY };
  return { PATH: process.env['PATH'] ?? '', PORT: '0', DATA_DIR: dataDirectory, API_KEY: apiKey, ...database, ...env };
}

/** @param known where it listens, if that was said: with a PUBLIC_URL it prints another */
async function readyUrl(child: ChildProcess, output: () => string, known: string | null): Promise<string> {
  const printed = () => known ?? /http:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0];
  const failure = () => `Holdfast did not become ready. It printed:\n${output()}`;
  await until(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(failure());
      const url = printed();
      return url !== undefined && (await answers(`${url}/readyz`));
    },
    { patienceMs: READY_WITHIN_MS, failure }
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return printed() ?? '';
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false
  );
}

async function callApi(url: string, apiKey: string, { method = 'GET', body }: ApiRequest): Promise<ApiAnswer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${apiKey}`, ...type }, ...sent });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const signal = AbortSignal.timeout(STOPPED_WITHIN_MS);
  const [code] = (await once(child, 'exit', { signal })) as [number | null];
  return code;
}

/**
 * Ends what tests left running and removes their data. Called after each file under vitest; other runners call it.
 * @throws if a server was left running
 */
export async function endLeftHoldfasts(): Promise<void> {
  const left = [...running].map((child) => child.pid);
  for (const child of running) child.kill('SIGKILL');
  await until(() => running.size === 0);
  for (const directory of dataDirectories) {
    const postgres = () => processesIn(join(directory, 'postgres'));
    for (const pid of postgres()) signalProcess(pid, 'SIGKILL');
    await until(() => postgres().length === 0);
    await rm(directory, { recursive: true });
    dataDirectories.delete(directory);
  }
  if (left.length > 0)
    throw new Error(`Holdfast was left running by a test (process ${left.join(', ')}): stop it there.`);
}

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
if (process.env['VITEST']) {
  const { afterAll } = await import('vitest');
  afterAll(endLeftHoldfasts);
}
