// Requests as bytes on a socket: what no HTTP client would send, or would send differently.

import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from './until.ts';

export interface RawAnswer {
  status: number;
  /** The head as it came. */
  head: string;
  body: string;
}

export interface RawConnection {
  send(bytes: string | Buffer): void;
  /** As `send`; resolves when the system has taken it, or the connection is gone. */
  sent(bytes: Buffer): Promise<void>;
  /** No more comes from this side. */
  end(): void;
  /** All that came so far. */
  text(): string;
  isClosed(): boolean;
  /** The first answer that is final, once it is whole or the connection has ended; then closes. */
  answer(patienceMs?: number): Promise<RawAnswer>;
}

/**
 * Opens a connection to say anything over.
 * @param url of the server; only its host and port count
 */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  let closed = false;
  // The server may close before it has read all of it.
  socket.on('error', () => {}).on('close', () => (closed = true));
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  return {
    send: (bytes) => void socket.write(bytes),
    sent: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve()) || socket.once('close', resolve)),
    end: () => void socket.end(),
    text: () => text,
    isClosed: () => closed,
    async answer(patienceMs = 10_000) {
      await until(() => closed || isWhole(text), { patienceMs, failure: () => `No whole answer: ${text}` });
      socket.destroy();
      return parse(text);
    }
  };
}

/**
 * Sends bytes, and reads until the answer is whole or the connection ends.
 * @param bytes the whole request; its lines end with CRLF
 */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const raw = await openRaw(url);
  raw.send(bytes);
  return raw.answer();
}

const INTERIM = /^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/;

function parse(text: string): RawAnswer {
  const interim = INTERIM.exec(text)?.[0] ?? '';
  const [head = '', body = ''] = text.slice(interim.length).split(/\r\n\r\n(.*)/s);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head: interim + head, body };
}

function isWhole(text: string): boolean {
  const final = text.replace(INTERIM, '');
  const [head = '', body] = final.split(/\r\n\r\n(.*)/s);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  return length !== undefined && body !== undefined && body.length >= Number(length);
}
