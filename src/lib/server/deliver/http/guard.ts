// Outbound requests are guarded where the socket connects: resolve, check every address, connect to a checked one.
// A name that changes its mind between check and connection changes nothing, because the name is not asked again.

import { lookup } from 'node:dns/promises';
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressCheck } from './addresses.ts';
import { keepPhases, type ConnectionPhases } from './connection-phases.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** To one origin; how many deliveries go to a destination at once is bounded before, by its lane. */
const MAX_CONNECTIONS = 256;

/** The address is not one that deliveries may go to. */
export class DestinationRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DestinationRefused';
  }
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<string[]>;

export const askDns: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/** How a destination's TLS differs from the usual. PEM. */
export interface TlsOptions {
  /** Trusted instead of the public authorities. */
  ca?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** Asked for, and looked for in the certificate, instead of the URL's. */
  serverName?: string;
  /** false: any certificate is taken. */
  verify?: boolean;
}

/** Makes the dispatcher that all requests to other people's URLs go through. */
export function createGuardedAgent(check: AddressCheck, resolve: Resolve = askDns, tls: TlsOptions = {}): Agent {
  // undici's blockList option stops http and not https: the socket is opened here, and only TLS is left to undici.
  const { ca, clientCertificate: cert, clientKey: key, serverName, verify = true } = tls;
  const own = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: verify };
  const upgrade = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...own });
  const secured = (options: buildConnector.Options, httpSocket: Socket) =>
    new Promise<Socket>((done, failed) => {
      const servername = serverName ?? options.servername;
      const named = servername === undefined ? options : { ...options, servername };
      upgrade({ ...named, httpSocket }, (error, socket) => (error ? failed(error) : done(socket)));
    });

  async function connect(options: buildConnector.Options): Promise<Socket> {
    const phases: ConnectionPhases = { dnsMs: null, connectMs: null, tlsMs: null };
    try {
      const opened = await openChecked(options, { check, resolve }, phases);
      const started = performance.now();
      const socket = options.protocol === 'https:' ? await secured(options, opened) : opened;
      if (socket !== opened) phases.tlsMs = performance.now() - started;
      keepPhases(socket, phases);
      return socket;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      keepPhases(error, phases);
      throw error;
    }
  }

  return new Agent({
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    // Else undici lets all requests to an https origin wait for its first handshake, to see whether it speaks HTTP/2.
    allowH2: false,
    connect(options, callback) {
      connect(options).then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null)
      );
    }
  });
}

async function openChecked(
  { hostname, port, protocol }: buildConnector.Options,
  { check, resolve }: { check: AddressCheck; resolve: Resolve },
  phases: ConnectionPhases
): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const started = performance.now();
  const addresses = isIP(host) ? [host] : await resolve(host);
  const resolved = performance.now();
  if (!isIP(host)) phases.dnsMs = resolved - started;
  if (addresses.length === 0) throw new Error(`${host} has no address.`);
  for (const address of addresses) {
    const problem = check(address);
    if (problem !== null) throw new DestinationRefused(refusal(host, address, problem));
  }
  const socket = await open(host, Number(port) || (protocol === 'https:' ? 443 : 80), addresses);
  phases.connectMs = performance.now() - resolved;
  return socket;
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
