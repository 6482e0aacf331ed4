// One-time links by which a user chooses a password: after an invitation, or when the old one is forgotten.

import type { Database } from '#lib/server/database/connect.ts';
import { passwordProblem, type Passwords } from './passwords.ts';
import { endSessionsOf } from './sessions.ts';
import { randomToken, sha256 } from './tokens.ts';

const LINK_HOURS = 24;
const LINK_GONE = 'This link was used, replaced or is older than 24 hours. Ask an owner for a new one.';

export interface PasswordLinkOptions {
  database: Database;
  passwords: Passwords;
  /** Milliseconds since 1970. */
  clock: () => number;
}

/** Makes the one-time links of this process. Only the hash of a link's token is stored. */
export function createPasswordLinks({ database, passwords, clock }: PasswordLinkOptions) {
  const sql = database.web;

  async function linkOwner(token: string): Promise<{ id: number; email: string } | null> {
    const [user] = await sql<{ id: number; email: string }[]>`
      select u.id, u.email from password_links l join users u on u.id = l.user_id
       where l.token_hash = ${sha256(token)} and l.used_at is null and l.expires_at > ${new Date(clock())}
         and u.disabled_at is null`;
    return user ?? null;
  }

  /** Of two who use a link at once the row lets one through. */
  async function setPassword(token: string, hash: string): Promise<boolean> {
    const now = new Date(clock());
    return sql.begin(async (transaction) => {
      const [user] = await transaction<{ id: number }[]>`
        with used as (
          update password_links set used_at = ${now}
           where token_hash = ${sha256(token)} and used_at is null and expires_at > ${now}
          returning user_id
        )
        update users set password_hash = ${hash} from used
         where users.id = used.user_id and disabled_at is null
        returning users.id`;
      if (user) await endSessionsOf(transaction, user.id);
      return user !== undefined;
    });
  }

  return {
    /** A link's token, good once and for 24 h; older links of the user end. */
    async makeLink(userId: number): Promise<string> {
      const token = randomToken(24);
      const expires = new Date(clock() + LINK_HOURS * 3_600_000);
      await sql.begin(async (transaction) => {
        await transaction`select 1 from users where id = ${userId} for no key update`;
        await transaction`delete from password_links where user_id = ${userId}`;
        await transaction`
          insert into password_links (token_hash, user_id, created_at, expires_at)
          values (${sha256(token)}, ${userId}, ${new Date(clock())}, ${expires})`;
      });
      return token;
    },
    /** Whose link it is, while it is good. */
    linkOwner,
    /** Sets the password of the link's user and ends their sessions. @returns a problem as a sentence, or null */
    async useLink(token: string, password: string): Promise<string | null> {
      // Asked before hashing: whoever makes links up must not make the machine work.
      const user = await linkOwner(token);
      if (!user) return LINK_GONE;
      const problem = passwordProblem(password, user.email);
      if (problem !== null) return problem;
      return (await setPassword(token, await passwords.hash(password))) ? null : LINK_GONE;
    }
  };
}
