// Signing in: the same answer and the same time whether the user is there or not, and only so many tries.

import ipaddr from 'ipaddr.js';
import type { Database } from '#lib/server/database/connect.ts';
import { createAttemptLimit, type AttemptLimit } from './attempt-limit.ts';
import { parseEmail } from './email.ts';
import type { Passwords } from './passwords.ts';
import type { NewSession, Sessions } from './sessions.ts';

/**
 * An address may try 20 times, then once in 15 s; one email address 8 times, then once a minute. Counted by this node
 * alone. Whoever guesses at somebody's address keeps them out for as long: an owner's link or a key still lets them in.
 */
const BY_ADDRESS = { burst: 20, refillMs: 15_000, maxKeys: 50_000 };
const BY_EMAIL = { burst: 8, refillMs: 60_000, maxKeys: 50_000 };
const BUSY_SECONDS = 2;
/** What is no address is no user; all of it is counted as one. */
const NO_EMAIL = '(not an email address)';

export interface LoginRequest {
  email: string;
  password: string;
  remoteIp: string;
}

export type LoginResult =
  | { ok: true; session: NewSession; userId: number }
  | { ok: false; reason: 'wrong' }
  | { ok: false; reason: 'limited'; retryAfterSeconds: number };

export interface LoginParts {
  database: Database;
  passwords: Passwords;
  sessions: Sessions;
  /** Milliseconds since 1970. */
  clock: () => number;
}

interface Attempt {
  byAddress: AttemptLimit;
  byEmail: AttemptLimit;
  address: string;
  email: string;
}

/** Makes login(). A new session each time, so that none is ever fixed beforehand. */
export function createLogin(parts: LoginParts) {
  const byAddress = createAttemptLimit({ ...BY_ADDRESS, clock: parts.clock });
  const byEmail = createAttemptLimit({ ...BY_EMAIL, clock: parts.clock });

  return async ({ email, password, remoteIp }: LoginRequest): Promise<LoginResult> => {
    const attempt = { byAddress, byEmail, address: networkOf(remoteIp), email: parseEmail(email) ?? NO_EMAIL };
    const wait = count(attempt);
    if (wait > 0) return { ok: false, reason: 'limited', retryAfterSeconds: wait };
    const result = await check(parts, attempt.email, password);
    if (result.ok) {
      byEmail.forget(attempt.email);
      byAddress.giveBack(attempt.address);
    } else if (result.reason === 'limited') {
      // Nothing was checked, so nothing counts: a flood from elsewhere must not use up this person's tries.
      byEmail.giveBack(attempt.email);
      byAddress.giveBack(attempt.address);
    }
    return result;
  };
}

/** 0, or the seconds to wait. One address that has used up its own tries uses up nobody else's. */
function count({ byAddress, byEmail, address, email }: Attempt): number {
  const wait = byAddress.take(address);
  return wait > 0 ? wait : byEmail.take(email);
}

async function check(
  { database, passwords, sessions }: LoginParts,
  email: string,
  password: string
): Promise<LoginResult> {
  const [user] = await database.web<{ id: number; password_hash: string | null }[]>`
    select id, password_hash from users where email = ${email} and disabled_at is null`;
  const hash = user?.password_hash ?? null;
  const verdict = await passwords.verify(hash, password);
  if (verdict === 'busy') return { ok: false, reason: 'limited', retryAfterSeconds: BUSY_SECONDS };
  const session = verdict === 'match' && user ? await sessions.create(user.id, hash) : null;
  return user && session ? { ok: true, session, userId: user.id } : { ok: false, reason: 'wrong' };
}

/** One subscriber has a whole /64 of IPv6. What is no address (a proxy that says nonsense) is one and the same to us. */
function networkOf(remoteIp: string): string {
  if (!ipaddr.isValid(remoteIp)) return 'unknown';
  const address = ipaddr.process(remoteIp);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString();
}
