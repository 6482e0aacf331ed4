// Where the embedded PostgreSQL listens: a socket only we can open, and no port where that can be had.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLE } from './embedded-cluster.ts';
import { makeFolder, type Owner } from './embedded-owner.ts';
import { socketEndpoint, socketPath, type Endpoint } from './embedded-settings.ts';

/** Socket paths end at 104 bytes on macOS and at 108 on Linux. */
const MAX_SOCKET_PATH_BYTES = 100;

/** Chooses a place and makes its folder, closed to everyone else. */
export async function chooseEndpoint(dataDirectory: string, owner: Owner): Promise<Endpoint> {
  if (process.platform === 'win32') return { socketDirectory: null, port: await freePort() };
  const beside = join(dataDirectory, 'run');
  const hash = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16);
  const fits = Buffer.byteLength(socketPath(beside)) < MAX_SOCKET_PATH_BYTES;
  const socketDirectory = fits ? beside : join(tmpdir(), `holdfast-${hash}`);
  await makeFolder(socketDirectory, owner);
  return socketEndpoint(socketDirectory);
}

/** The URL of our database there; a socket's folder is its `host` parameter, as in libpq. */
export function endpointUrl(endpoint: Endpoint, password: string): string {
  const url = new URL(`postgres://${ROLE}:${password}@127.0.0.1:${endpoint.port}/${ROLE}`);
  if (endpoint.socketDirectory !== null) {
    url.hostname = 'localhost';
    url.searchParams.set('host', endpoint.socketDirectory);
  }
  return url.href;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No loopback port is free.');
  return address.port;
}
