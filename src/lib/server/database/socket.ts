// The sockets under postgres.js: opened at a measured pace, given up when they fall silent, and ended in a way that
// postgres.js survives (enduring-socket.ts).

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionLost, enduring, type EnduringSocket } from './enduring-socket.ts';
import { secured, type Tls } from './tls.ts';

const OPENED_PER_SECOND = 5;

/** What postgres.js gives of its options. */
interface SocketAddress {
  path: string | false;
  host: string[];
  port: number[];
}

/**
 * Milliseconds. A socket that is silent for longer is half-open (the machine behind it is gone, a firewall forgot it), and
 * postgres.js would keep it, and every query sent to it, for good.
 */
export interface Patience {
  /** With a query that was sent: above statement_timeout. */
  answerWithinMs: number;
  /** In any case: above the pool's idle timeout, which ends the unused. */
  silenceMs: number;
}

export interface SocketOptions {
  /** How many may be opened without a pause. */
  burst: number;
  patience: Patience | null;
  /** null: plain. */
  tls: Tls | null;
}

/** For postgres.js's `socket` option. It never rejects: postgres.js would lose the place of the connection in its pool. */
export function openSockets(options: SocketOptions): (address: SocketAddress) => Promise<EnduringSocket> {
  const pauseMs = pacer(options.burst);
  const opened = new Set<EnduringSocket>();
  // What has made one connection silent (a firewall, a machine that is gone) has likely made all of them: waiting for each
  // in turn would take a pool's size times as long.
  const suspectAll = (since: number): void => opened.forEach((socket) => socket.suspect(since));
  return async (address) => {
    const pause = pauseMs();
    if (pause > 0) await delay(pause);
    const socket = open(address, options, suspectAll);
    opened.add(socket);
    return socket.once('close', () => opened.delete(socket));
  };
}

/**
 * postgres.js tries again at once, for ever, when a server takes connections only to close them (porsager/postgres#1193):
 * a poolful of thousands a second, at a server that is in trouble already.
 * @returns how long to wait before the next one
 */
function pacer(burst: number): () => number {
  let free = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    free = Math.min(burst, free + ((now - at) / 1000) * OPENED_PER_SECOND) - 1;
    at = now;
    return free >= 0 ? 0 : (-free / OPENED_PER_SECOND) * 1000;
  };
}

function open(
  { path, host, port }: SocketAddress,
  { patience, tls }: SocketOptions,
  onSilence: (askedAt: number) => void
): EnduringSocket {
  const [hostname = 'localhost'] = host;
  const raw = path ? connect(path) : connect(port[0] ?? 5432, hostname);
  const ready = tls && !path ? secured(raw, hostname, tls) : Promise.resolve(raw);
  if (patience === null) return enduring(raw, ready, null);
  const { answerWithinMs, silenceMs } = patience;
  return enduring(
    raw,
    ready.then((socket) => impatient(socket, silenceMs)),
    { withinMs: answerWithinMs, onSilence }
  );
}

function impatient(socket: Socket, silenceMs: number): Socket {
  const silent = `PostgreSQL has been silent for ${silenceMs} ms: the connection is given up.`;
  return socket.setTimeout(silenceMs, () => socket.destroy(connectionLost(silent)));
}
