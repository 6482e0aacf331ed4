// TLS to PostgreSQL, as the URL's sslmode asks for it. postgres.js could do it too, but then on a socket of its own
// (see socket.ts).

import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const YES = 0x53;
const SSL_PARAMETERS = ['sslmode', 'ssl', 'sslnegotiation', 'sslrootcert'];

export interface Tls {
  /** The server's certificate must be good for its name. */
  isVerified: boolean;
  /** Without TLS if the server has none. */
  isOptional: boolean;
  /** TLS from the first byte on, which PostgreSQL 17 and newer take. */
  isDirect: boolean;
}

/** Splits off what a URL says of TLS. Without sslmode, or with `disable`: plain. */
export function splitTls(url: string): { base: string; tls: Tls | null } {
  const [address = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const tls = wishOf(parameters);
  for (const name of SSL_PARAMETERS) parameters.delete(name);
  return { base: parameters.size > 0 ? `${address}?${parameters.toString()}` : address, tls };
}

function wishOf(parameters: URLSearchParams): Tls | null {
  const mode = parameters.get('sslmode') ?? parameters.get('ssl') ?? 'disable';
  if (mode === 'disable' || mode === 'false') return null;
  const isOptional = mode === 'prefer' || mode === 'allow';
  const isDirect = parameters.get('sslnegotiation') === 'direct';
  return { isVerified: !isOptional && mode !== 'require', isOptional, isDirect };
}

/** Goes over to TLS. @throws when the server has none, or its certificate does not do */
export async function secured(socket: Socket, host: string, tls: Tls): Promise<Socket> {
  if (!tls.isDirect && !(await offersTls(socket))) {
    if (tls.isOptional) return socket;
    throw new Error('PostgreSQL offers no TLS, and sslmode in the URL asks for it.');
  }
  const secure = connectTls({
    socket,
    rejectUnauthorized: tls.isVerified,
    ...(isIP(host) ? {} : { servername: host }),
    ...(tls.isDirect ? { ALPNProtocols: ['postgresql'] } : {})
  });
  await once(secure, 'secureConnect');
  return secure;
}

async function offersTls(socket: Socket): Promise<boolean> {
  socket.write(SSL_REQUEST);
  const answer = await new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject));
  // More than the one byte did not come through TLS: whoever sent it wants it taken for what did (CVE-2021-23222).
  if (answer.length !== 1) throw new Error('PostgreSQL sent more than an answer to the request for TLS.');
  return answer[0] === YES;
}
