// Who sent it: the socket's address, or what a trusted proxy says.

import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * Makes the reader of sender addresses.
 * @param trustedProxies CIDR ranges whose X-Forwarded-For and X-Forwarded-Proto are believed
 */
export function createAddressReader(trustedProxies: readonly string[]) {
  const ranges = trustedProxies.map((cidr) => ipaddr.parseCIDR(cidr));

  function isTrusted(address: string): boolean {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits));
  }

  return {
    /** The address of the sender: the last one in X-Forwarded-For that is not a trusted proxy. */
    remoteIp(request: IncomingMessage): string {
      const socketAddress = plainAddress(request.socket.remoteAddress ?? '');
      if (!isTrusted(socketAddress)) return socketAddress;
      const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
      const hops = forwarded.map((part) => part.trim()).filter((part) => ipaddr.isValid(part));
      return plainAddress(hops.findLast((hop) => !isTrusted(hop)) ?? hops[0] ?? socketAddress);
    },
    /** `https` only when a trusted proxy says so: this process itself speaks http. */
    protocol(request: IncomingMessage): 'http' | 'https' {
      const trusted = isTrusted(plainAddress(request.socket.remoteAddress ?? ''));
      return trusted && request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
    }
  };
}

export type AddressReader = ReturnType<typeof createAddressReader>;

/** ::ffff:127.0.0.1 → 127.0.0.1 */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
