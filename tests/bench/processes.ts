// The processes of a bench: the sink, Holdfast on an embedded PostgreSQL with fsync on, the load.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Sql } from '#lib/server/database/connect.ts';
import { startEmbedded } from '#lib/server/database/embedded.ts';
import type { Order, Result } from './load.ts';

const API_KEY = 'bench-key-0123456789';

async function outputUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = '';
  for await (const part of child.stdout ?? []) {
    output += String(part);
    const found = pattern.exec(output)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`The process ended before it was ready:\n${output}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

export interface Server {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts the sink. */
export async function startSink(): Promise<Server> {
  const child = spawn(process.execPath, ['tests/bench/sink.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(await outputUntil(child, /"port":(\d+)/));
  child.stdout.resume();
  return { port, pid: child.pid ?? 0, stop: () => stop(child) };
}

export interface BenchHoldfast extends Server {
  sql: Sql;
  api(path: string, body: unknown): Promise<Record<string, unknown>>;
}

/** Starts the built server on a new database. */
export async function startHoldfast(): Promise<BenchHoldfast> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  await chmod(directory, 0o711);
  const embedded = await startEmbedded({ dataDirectory: directory });
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: embedded.url,
    SECRET_KEY: 'bench secret key 0123456789'
  };
  const child = spawn(process.execPath, ['src/server.ts'], {
    env: {
      ...env,
      API_KEY,
      ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8',
      LOG_LEVEL: 'warn',
      ADMIN_EMAIL: 'bench@example.com',
      ADMIN_PASSWORD: 'bench password'
    },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const port = Number(await outputUntil(child, /http:\/\/127\.0\.0\.1:(\d+)/));
  child.stdout.resume();
  const database = connect(embedded.url);
  return {
    port,
    pid: child.pid ?? 0,
    sql: database.web,
    async api(path, body) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body)
      });
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    },
    async stop() {
      await database.close();
      await stop(child);
      await embedded.stop();
      await rm(directory, { recursive: true, force: true });
    }
  };
}

/** Runs a load to its end. */
export async function load(order: Order): Promise<Result> {
  const child = spawn(process.execPath, ['tests/bench/load.ts', JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const result = JSON.parse(await outputUntil(child, /(\{.*\})\n/)) as Result;
  await stop(child);
  return result;
}

/** Resident memory in MB, from /proc. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
