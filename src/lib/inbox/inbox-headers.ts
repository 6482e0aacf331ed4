// Headers of a message as a screen may show them: what proves or opens something is masked until it is asked for.

import type { HeaderPair } from './types.ts';

export const MASK = '••••••••';

const SECRET = /signature|authorization|token|secret|cookie|passw|api-?key|hmac|credential|x-hub-|digest/i;
/** About one connection, and made anew by whoever sends the message again. */
const HOP_BY_HOP =
  /^(host|connection|content-length|transfer-encoding|expect|keep-alive|te|trailer|upgrade|proxy-.*|x-forwarded-.*|forwarded)$/i;

export function isSecretHeader(name: string): boolean {
  return SECRET.test(name);
}

/** In order and case. */
export function maskHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  return headers.map(([name, value]) => [name, isSecretHeader(name) && value !== '' ? MASK : value]);
}

/** Those that are the sender's word, not the connection's. */
export function messageHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  return headers.filter(([name]) => !HOP_BY_HOP.test(name));
}
