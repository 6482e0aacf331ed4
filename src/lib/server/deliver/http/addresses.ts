// Which addresses deliveries may go to. Everything that is not plainly on the public internet is refused, unless
// ALLOW_PRIVATE_DESTINATIONS names it.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Public by its number, and still the machine's own cloud: Azure's platform address. */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);
/** IPv6 that is given out globally; what lies outside (v4-compatible ::/96 among it) can lead home again. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Makes the check.
 * @param allowed CIDR ranges that pass whatever they are
 * @returns null when the address may be connected to, else what it is, in words
 */
export function createAddressCheck(allowed: readonly string[]): (address: string) => string | null {
  const ranges = allowed.map((cidr) => ipaddr.parseCIDR(cidr));
  return (address) => {
    const parsed = parse(address);
    if (parsed === null) return 'no IP address';
    if (ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits))) return null;
    if (PLATFORM_ADDRESSES.has(parsed.toString())) return 'a cloud platform address';
    if (parsed.kind() === 'ipv6' && !parsed.match(...GLOBAL_IPV6)) return `a ${parsed.range()} address`;
    return parsed.range() === 'unicast' ? null : `a ${parsed.range()} address`;
  };
}

/** As the socket would read it: ipaddr takes `1.2` for an address, and `::1.2.3.4` for another than the kernel does. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const version = isIP(address);
  if (version === 0) return null;
  const [withoutZone = ''] = address.split('%');
  return ipaddr.process(version === 4 ? address : new URL(`http://[${withoutZone}]`).hostname.slice(1, -1));
}

export type AddressCheck = ReturnType<typeof createAddressCheck>;
