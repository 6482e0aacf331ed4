// Passwords: the rules, and hashing that a login flood can neither time nor use to take the machine.

import { hashArgon2id, verifyArgon2id } from './argon2id.ts';
import { createTurnstile } from './turnstile.ts';

/** The same minimum that ADMIN_PASSWORD has. */
export const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 200;

/** What nobody has: unknown users are checked against it, with the cost of a real check. */
const NOBODYS_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/**
 * argon2 runs on libuv's thread pool, four threads that file reads and DNS share: two at once leave half of them
 * free and take at most 38 MiB. 32 waiting are about half a second; more are turned away.
 */
const AT_ONCE = 2;
const MAX_WAITING = 32;

export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Whether a password has this hash. null, for a user who is not there or has none, takes as long and says mismatch.
   * @returns busy, at once and unchecked, when too many are waiting
   */
  verify(hash: string | null, password: string): Promise<'match' | 'mismatch' | 'busy'>;
}

export function createPasswords({ atOnce = AT_ONCE, maxWaiting = MAX_WAITING } = {}): Passwords {
  const turnstile = createTurnstile({ atOnce, maxWaiting });
  return {
    hash: (password) => turnstile.run(() => hashArgon2id(password)),
    async verify(hash, password) {
      // Longer than any password there is: not hashed, because that costs more the longer it is.
      const known = password.length <= MAX_PASSWORD_LENGTH ? hash : null;
      const given = known === null ? '' : password;
      const fits = await turnstile.tryRun(() => verifyArgon2id(known ?? NOBODYS_HASH, given));
      if (fits === null) return 'busy';
      return fits && known !== null ? 'match' : 'mismatch';
    }
  };
}

/** What is wrong with a new password, as a sentence to show, or null. */
export function passwordProblem(password: string, email: string): string | null {
  if (password.length < MIN_PASSWORD_LENGTH) {
    return `The password has ${password.length} characters: at least ${MIN_PASSWORD_LENGTH} are needed.`;
  }
  if (password.length > MAX_PASSWORD_LENGTH) {
    return `The password has ${password.length} characters: at most ${MAX_PASSWORD_LENGTH} are taken.`;
  }
  if (password.trim().toLowerCase() === email.toLowerCase())
    return 'The password is the email address: choose another one.';
  return null;
}
