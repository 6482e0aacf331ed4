// A TCP proxy before a database, to play the network's faults: silence, refusal, cut connections.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface DatabaseProxy {
  /** The database's URL, through the proxy. */
  url: string;
  /** Nothing passes any more, on old connections and new ones; none is closed. */
  hang(): void;
  /** Nothing passes any more on the connections there are; none is closed. New ones pass. */
  abandon(): void;
  /** New connections are refused; old ones stay as they are. */
  refuse(): Promise<void>;
  /** Ends all connections there are. */
  cut(): void;
  /** As `cut`, by a reset: what was on its way is lost. */
  reset(): void;
  /** Everything passes again. */
  forward(): Promise<void>;
}

export interface ProxyOptions {
  /** What to do with a connection before it is passed on: TLS. */
  accept?(socket: Socket): Promise<Socket>;
  /** Of a test that runs beside others. */
  onFinished?: typeof onTestFinished;
}

/** Starts a proxy that ends with the test. */
export async function databaseProxy(databaseUrl: string, options: ProxyOptions = {}): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  const abandoned = new Set<Socket>();
  const accepted = new Set<Socket>();
  let hanging = false;
  const accept = (socket: Socket) => {
    accepted.add(socket.once('close', () => accepted.delete(socket)));
    (options.accept?.(socket) ?? Promise.resolve(socket)).then(pair, () => socket.destroy());
  };
  const pair = (client: Socket) => {
    const upstream = openUpstream(databaseUrl);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from) && to.destroy());
      from.pipe(to);
      if (hanging) from.pause();
    }
  };
  const server = createServer(accept).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.destroy());
  (options.onFinished ?? onTestFinished)(() => {
    cut();
    abandoned.forEach((socket) => socket.destroy());
    server.close();
  });
  const setHanging = (hang: boolean) => {
    hanging = hang;
    sockets.forEach((socket) => (hang ? socket.pause() : socket.resume()));
  };
  return {
    url: proxiedUrl(databaseUrl, port),
    hang: () => setHanging(true),
    abandon: () => {
      for (const socket of sockets) abandoned.add(socket.pause());
      sockets.clear();
    },
    cut,
    reset: () => accepted.forEach((socket) => socket.resetAndDestroy()),
    // close() waits for the connections, which stay; the port is free at once.
    refuse: async () => void server.close(),
    async forward() {
      setHanging(false);
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
    }
  };
}

function openUpstream(databaseUrl: string): Socket {
  const url = new URL(databaseUrl);
  const directory = url.searchParams.get('host');
  return directory === null ? connect(Number(url.port), url.hostname) : connect(`${directory}/.s.PGSQL.${url.port}`);
}

function proxiedUrl(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
