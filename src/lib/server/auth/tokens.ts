// Random tokens that are shown once and kept only as a hash: sessions, API keys, one-time links, the setup token.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256. Without salt or stretching: what is hashed here has at least 192 random bits, nobody can guess it. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A URL-safe random text of that many random bytes. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** Compares in constant time, whatever the lengths: both sides are hashed first. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}
