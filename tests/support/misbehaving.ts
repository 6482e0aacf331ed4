// A destination that misbehaves: by the path, in every way that one can. Raw sockets, as HTTP servers behave too well.

import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket, type PeerCertificate, type TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';

const DRIP_MS = 50;
/** What is beyond any cap, and little on the wire. */
export const GZIP_BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));
export const BINARY = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]);

const answer = (status: string, headers: string[], body: string | Buffer = ''): Buffer => {
  const head = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${Buffer.byteLength(body)}`, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), Buffer.from(body)]);
};

/** Writes the parts one after the other, for ever round the last, until the socket is gone. */
function drip(socket: Socket, head: string, more: (index: number) => string | null): void {
  socket.write(head);
  let index = 0;
  const dripping = setInterval(() => {
    const part = more(index++);
    if (part === null) clearInterval(dripping);
    else socket.write(part);
  }, DRIP_MS);
  socket.on('close', () => clearInterval(dripping));
}

const OK_HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

/** What it does with a request that has come whole. */
export const MISBEHAVIOURS: Record<string, (socket: Socket) => void> = {
  hang: () => {},
  reset: (socket) => void socket.resetAndDestroy(),
  'hang-up': (socket) => void socket.end(),
  'slow-headers': (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', (index) => `x-${index}: slow\r\n`),
  drip: (socket) => drip(socket, OK_HEAD, () => '1\r\nx\r\n'),
  'slow-and-fine': (socket) =>
    drip(socket, OK_HEAD, (index) => ['2\r\nhe\r\n', '3\r\nllo\r\n', '0\r\n\r\n'][index] ?? null),
  'never-ends': (socket) => {
    socket.write(OK_HEAD);
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  },
  'half-an-answer': (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123'),
  'half-a-head': (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  garbage: (socket) => void socket.end('220 smtp.example.org ESMTP ready\r\n'),
  'huge-headers': (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(200)}\r\n`),
  '429': (socket) => void socket.write(answer('429 Too Many Requests', ['retry-after: 30'], 'slow down')),
  '503': (socket) => void socket.write(answer('503 Service Unavailable', ['Retry-After: 45'])),
  '301': (socket) => void socket.write(answer('301 Moved Permanently', ['location: /moved', 'retry-after: 3000'])),
  '410': (socket) => void socket.write(answer('410 Gone', [])),
  'gzip-bomb': (socket) => void socket.write(answer('200 OK', ['content-encoding: gzip'], GZIP_BOMB)),
  binary: (socket) => void socket.write(answer('200 OK', ['content-type: application/octet-stream'], BINARY)),
  continue: (socket) =>
    void socket.write(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), answer('200 OK', [])])),
  'early-hints': (socket) =>
    void socket.write(
      Buffer.concat([
        Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
        answer('200 OK', ['x-Real: yes'], 'real')
      ])
    ),
  'repeated-headers': (socket) =>
    void socket.write(answer('200 OK', ['Set-Cookie: a=1', 'set-cookie: b=2', 'X-Case: Kept'])),
  fine: (socket) => void socket.write(answer('200 OK', [], 'ok'))
};

export interface Misbehaving {
  port: number;
  /** Paths in the order that they were asked for. */
  asked: string[];
  /** Names in the certificates that were shown to it. */
  peers(): string[];
}

/** Starts it, until the file's tests are over. @param tls a certificate makes it https */
export async function startMisbehaving(tls: TlsOptions | null = null): Promise<Misbehaving> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const peers: string[] = [];
  const take = (socket: Socket): void => {
    const shown: Partial<PeerCertificate> = socket instanceof TLSSocket ? socket.getPeerCertificate() : {};
    if (shown.subject) peers.push(String(shown.subject.CN));
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (part: Buffer) => {
      received += part.toString('latin1');
      const request = /^\w+ \/(\S*) .*?\r\n\r\n/s.exec(received);
      const length = Number(/^content-length: (\d+)/im.exec(received)?.[1] ?? 0);
      if (!request || received.length < request[0].length + length) return;
      received = '';
      const path = request[1] ?? '';
      asked.push(path);
      MISBEHAVIOURS[path]?.(socket);
    });
  };
  const server: Server = tls ? createTlsServer(tls, take) : createTcpServer(take);
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, asked, peers: () => peers };
}
