// Sessions: the only module that touches lucia, which is frozen upstream. lucia decides when a session is renewed; the
// adapter here stores SHA-256 of the id instead of the id, and adds a limit that no renewal reaches past.

import { Lucia, TimeSpan, type Adapter, type DatabaseSession, type DatabaseUser } from 'lucia';
import type { Database, Transaction } from '#lib/server/database/connect.ts';
import type { Role, UserPrincipal } from './principal.ts';
import { sha256 } from './tokens.ts';

/** A session ends when no request came for this long. */
const IDLE_DAYS = 14;
const DAY_MS = 86_400_000;
/** What lucia makes: 200 random bits in base32. What looks different is not looked up. */
const COOKIE_SHAPE = /^[a-z2-7]{40}$/;

declare module 'lucia' {
  interface Register {
    Lucia: ReturnType<typeof createLucia>;
    UserId: number;
    DatabaseUserAttributes: UserAttributes;
    DatabaseSessionAttributes: SessionAttributes;
  }
}

interface UserAttributes {
  email: string;
  role: Role;
}

interface SessionAttributes {
  absoluteExpiresAt: Date;
  /** When a session starts: the hash that the password was checked against, if it was. */
  provenHash: string | null;
}

export interface NewSession {
  /** The cookie's value: nowhere stored. */
  cookieValue: string;
  /** No renewal reaches past this. */
  absoluteExpiresAt: Date;
}

export interface Sessions {
  /**
   * Starts a session, always under a new id: whatever cookie the browser brought signs nobody in.
   * @param provenHash the hash that the password was just checked against; null when nothing was asked
   * @returns null when since then the user was disabled or the password changed
   */
  create(userId: number, provenHash: string | null): Promise<NewSession | null>;
  /** Who the cookie belongs to; renews a session in the second half of its idle time. */
  principal(cookieValue: string): Promise<UserPrincipal | null>;
  /** Whether the session of a principal goes on with the same role, asked of the database; renews nothing. */
  stillValid(principal: UserPrincipal): Promise<boolean>;
  /** @param sessionId as in the principal */
  end(sessionId: string): Promise<void>;
}

export interface SessionOptions {
  database: Database;
  absoluteDays: number;
  /** Milliseconds since 1970. */
  clock: () => number;
}

const hashed = (cookieValue: string): string => sha256(cookieValue).toString('hex');

/** Makes the sessions of this process. */
export function createSessions(options: SessionOptions): Sessions {
  const { database, absoluteDays, clock } = options;
  const sql = database.web;
  const lucia = createLucia(options);
  return {
    async create(userId, provenHash) {
      const absoluteExpiresAt = new Date(clock() + absoluteDays * DAY_MS);
      const { id } = await lucia.createSession(userId, { absoluteExpiresAt, provenHash });
      const stored = await sql`select 1 from sessions where id = ${hashed(id)}`;
      return stored.length > 0 ? { cookieValue: id, absoluteExpiresAt } : null;
    },
    async principal(cookieValue) {
      if (!COOKIE_SHAPE.test(cookieValue)) return null;
      const { user, session } = await lucia.validateSession(cookieValue);
      if (!user) return null;
      // lucia says when a renewed session would end if there were no absolute limit.
      const endsAt = Math.min(session.expiresAt.getTime() - luciaAhead(clock), session.absoluteExpiresAt.getTime());
      const { id, email, role } = user;
      return { kind: 'user', id, email, role, sessionId: hashed(cookieValue), expiresAt: new Date(endsAt) };
    },
    async stillValid({ sessionId, role }) {
      const now = new Date(clock());
      const rows = await sql`
        select 1 from sessions s join users u on u.id = s.user_id
         where s.id = ${sessionId} and s.expires_at > ${now} and s.absolute_expires_at > ${now}
           and u.disabled_at is null and u.role = ${role}`;
      return rows.length > 0;
    },
    async end(sessionId) {
      await sql`delete from sessions where id = ${sessionId}`;
    }
  };
}

/** Ends all sessions of a user, in the transaction of the change that makes it necessary. */
export async function endSessionsOf(transaction: Transaction, userId: number): Promise<void> {
  await transaction`delete from sessions where user_id = ${userId}`;
}

function createLucia(options: SessionOptions) {
  return new Lucia(createAdapter(options), {
    sessionExpiresIn: new TimeSpan(IDLE_DAYS, 'd'),
    getUserAttributes: ({ email, role }: UserAttributes) => ({ email, role }),
    getSessionAttributes: ({ absoluteExpiresAt }: SessionAttributes) => ({ absoluteExpiresAt })
  });
}

/** lucia reads Date.now() itself: times cross the adapter moved by what that differs from our clock, in milliseconds. */
const luciaAhead = (clock: () => number): number => Date.now() - clock();

interface SessionRow extends UserAttributes {
  user_id: number;
  expires_at: Date;
  absolute_expires_at: Date;
}

/** lucia's adapter over our tables. The raw id goes back where lucia gave it in; the table only ever sees its hash. */
function createAdapter({ database, clock }: SessionOptions): Adapter {
  const sql = database.web;
  const fromLucia = (at: Date): Date => new Date(at.getTime() - luciaAhead(clock));
  return {
    getSessionAndUser: (id) => readSession({ database, clock }, id),
    async setSession({ id, userId, expiresAt, attributes: { absoluteExpiresAt, provenHash } }) {
      // `for share` waits for a change of the user that is under way, and then sees it: a login that checked the old
      // password cannot leave a session behind after the change has ended them all.
      await sql`
        with able as (
          select id from users
           where id = ${userId} and disabled_at is null
             and (${provenHash}::text is null or password_hash = ${provenHash})
             for share
        )
        insert into sessions (id, user_id, created_at, expires_at, absolute_expires_at)
        select ${hashed(id)}, id, ${new Date(clock())}, least(${fromLucia(expiresAt)}::timestamptz, ${absoluteExpiresAt}),
               ${absoluteExpiresAt}
          from able`;
    },
    async updateSessionExpiration(id, expiresAt) {
      // Near the absolute limit lucia asks at every request: nothing is written when nothing moves.
      const until = fromLucia(expiresAt);
      await sql`
        update sessions set expires_at = least(${until}::timestamptz, absolute_expires_at)
         where id = ${hashed(id)} and expires_at < least(${until}::timestamptz, absolute_expires_at)`;
    },
    async deleteSession(id) {
      await sql`delete from sessions where id = ${hashed(id)}`;
    },
    // Never asked: the prune job removes what has expired, and users' sessions end with the change that ends them.
    getUserSessions: async () => [],
    deleteUserSessions: async () => {},
    deleteExpiredSessions: async () => {}
  };
}

/** An ended session is none: lucia gets to see only what is good now. */
async function readSession(
  { database, clock }: Pick<SessionOptions, 'database' | 'clock'>,
  id: string
): Promise<[DatabaseSession | null, DatabaseUser | null]> {
  const now = new Date(clock());
  const [row] = await database.web<SessionRow[]>`
    select s.user_id, s.expires_at, s.absolute_expires_at, u.email, u.role
      from sessions s join users u on u.id = s.user_id
     where s.id = ${hashed(id)} and s.expires_at > ${now} and s.absolute_expires_at > ${now}
       and u.disabled_at is null`;
  if (!row) return [null, null];
  const { user_id: userId, absolute_expires_at: absoluteExpiresAt, email, role } = row;
  const expiresAt = new Date(row.expires_at.getTime() + luciaAhead(clock));
  return [
    { id, userId, expiresAt, attributes: { absoluteExpiresAt, provenHash: null } },
    { id: userId, attributes: { email, role } }
  ];
}
