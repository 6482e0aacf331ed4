// The part of a source's URL that names it. Made with a random part, so that nobody can guess where to post.

import { randomBytes } from 'node:crypto';

/** As the database checks it too. */
export const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const RANDOM_CHARACTERS = 16;

/** `stripe-x6si2ioub15a5xh4`: the provider and 80 random bits. */
export function makeSlug(provider: string): string {
  // 256 is a multiple of 32: no letter comes up more often.
  const letters = Array.from(randomBytes(RANDOM_CHARACTERS), (byte) => BASE32[byte % BASE32.length]);
  return `${provider}-${letters.join('')}`;
}
