// Auth as routes and the live stream need it: who is asking, signing in and out, users, keys, the first owner.

import type { Database } from '#lib/server/database/connect.ts';
import { sessionCookie, type SessionCookie } from './cookie.ts';
import { createKeys } from './keys.ts';
import { createLogin, type LoginRequest } from './login.ts';
import { createPasswordLinks } from './password-links.ts';
import { createPasswords } from './passwords.ts';
import type { Principal } from './principal.ts';
import { createSessions, type NewSession, type Sessions } from './sessions.ts';
import { createSetup } from './setup.ts';
import { createUsers } from './users.ts';

const ABSOLUTE_SESSION_DAYS = 30;

export interface AuthOptions {
  database: Database;
  /** API_KEY of the environment. */
  bootstrapKey: string | null;
  /** People come by https. */
  secure?: boolean;
  absoluteSessionDays?: number;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export interface Credentials {
  cookieHeader: string | null;
  authorization: string | null;
}

export type Auth = ReturnType<typeof createAuth>;

/** Puts auth together. */
export function createAuth(options: AuthOptions) {
  const { database, bootstrapKey, secure = false, clock = Date.now } = options;
  const passwords = createPasswords();
  const sessions = createSessions({
    database,
    absoluteDays: options.absoluteSessionDays ?? ABSOLUTE_SESSION_DAYS,
    clock
  });
  const keys = createKeys({ database, bootstrapKey, clock });
  const users = { ...createUsers({ database, clock }), ...createPasswordLinks({ database, passwords, clock }) };
  const setup = createSetup({ database, passwords });
  const cookie: SessionCookie = sessionCookie(secure);
  const login = createLogin({ database, passwords, sessions, clock });

  async function principalOfRequest({ cookieHeader, authorization }: Credentials): Promise<Principal | null> {
    // A key that is given is the one that counts: a wrong one is not made good by a cookie.
    // Anything but a bearer is not ours: a proxy may have put Basic there.
    if (authorization !== null && /^bearer\s/i.test(authorization)) return principalOfKey(authorization);
    const value = cookie.read(cookieHeader);
    return value === null ? null : sessions.principal(value);
  }

  async function principalOfKey(authorization: string): Promise<Principal | null> {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    return token === undefined ? null : keys.principal(token);
  }

  return {
    ...{ cookie, keys, users, setup, principalOfRequest },
    login: (request: LoginRequest) => login(request),
    /** A session without a password: after setup, or a one-time link. */
    signIn: (userId: number) => signIn(sessions, userId),
    logout: (principal: Principal) =>
      principal.kind === 'user' ? sessions.end(principal.sessionId) : Promise.resolve(),
    /** Asked anew of the database: is this session, or key, still good? */
    stillValid: (principal: Principal) =>
      principal.kind === 'user' ? sessions.stillValid(principal) : keys.stillValid(principal)
  };
}

async function signIn(sessions: Sessions, userId: number): Promise<NewSession> {
  const session = await sessions.create(userId, null);
  if (session === null) throw new Error(`User ${userId} was disabled while they were being signed in.`);
  return session;
}
