// Outbound requests are guarded where the socket connects: resolve, check every address, connect to a checked one.
// A name that changes its mind between check and connection changes nothing, because the name is not asked again.

import { lookup } from 'node:dns/promises';
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressCheck } from './addresses.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** The address is not one that deliveries may go to. */
export class DestinationRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DestinationRefused';
  }
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<string[]>;

const askDns: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/** Makes the dispatcher that all requests to other people's URLs go through. */
export function createGuardedAgent(check: AddressCheck, resolve: Resolve = askDns): Agent {
  // undici's blockList option stops http and not https: the socket is opened here, and only TLS is left to undici.
  const upgrade = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  return new Agent({
    connections: 32,
    pipelining: 1,
    connect(options, callback) {
      openChecked(options, check, resolve).then(
        (socket) => {
          if (options.protocol === 'https:') upgrade({ ...options, httpSocket: socket }, callback);
          else callback(null, socket);
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null)
      );
    }
  });
}

async function openChecked(
  { hostname, port, protocol }: buildConnector.Options,
  check: AddressCheck,
  resolve: Resolve
): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (addresses.length === 0) throw new Error(`${host} has no address.`);
  for (const address of addresses) {
    const problem = check(address);
    if (problem !== null) throw new DestinationRefused(refusal(host, address, problem));
  }
  return open(host, Number(port) || (protocol === 'https:' ? 443 : 80), addresses);
}

function refusal(host: string, address: string, problem: string): string {
  const where = host === address ? host : `${host} (${address})`;
  return `${where} is ${problem}: deliveries go to public addresses only. ALLOW_PRIVATE_DESTINATIONS can allow it.`;
}

/** Connects to one of the addresses: one that does not answer does not keep from the others. The name is not asked. */
function open(host: string, port: number, addresses: readonly string[]): Promise<Socket> {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const toFound: LookupFunction = (_name, _options, done) => done(null, found);
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true, autoSelectFamily: true, lookup: toFound });
    const timer = setTimeout(
      () => socket.destroy(new Error(`No connection within ${CONNECT_TIMEOUT_MS} ms.`)),
      CONNECT_TIMEOUT_MS
    );
    const failed = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
