// Users: made with a one-time link to choose a password by, never with a password that somebody else knows.

import type { Database, Transaction } from '#lib/server/database/connect.ts';
import { countOwners, lockOwners, lostLast } from './owners.ts';
import type { Role } from './principal.ts';
import { endSessionsOf } from './sessions.ts';

export interface UserRecord {
  id: number;
  email: string;
  role: Role;
  created_at: Date;
  disabled_at: Date | null;
  /** False until the one-time link was used. */
  has_password: boolean;
}

export type UserWrite =
  | { outcome: 'saved'; user: UserRecord }
  | { outcome: 'unknown' }
  | { outcome: 'email_taken'; email: string }
  /** There must always be an owner who can sign in. */
  | { outcome: 'last_owner' };

export interface UserOptions {
  database: Database;
  /** Milliseconds since 1970. */
  clock: () => number;
}

/** Makes the users of this process. */
export function createUsers({ database, clock }: UserOptions) {
  const sql = database.web;
  const columns = sql`id, email, role, created_at, disabled_at, password_hash is not null as has_password`;

  /** Changes a user and ends their sessions, in one transaction; not if that would leave no owner who can sign in. */
  async function change(id: number, update: (transaction: Transaction) => Promise<UserRecord[]>): Promise<UserWrite> {
    try {
      return await sql.begin(async (transaction): Promise<UserWrite> => {
        await lockOwners(transaction);
        const before = await countOwners(transaction);
        const [user] = await update(transaction);
        if (!user) return { outcome: 'unknown' };
        // Thrown, not returned: what was just written must go.
        if (lostLast(before, await countOwners(transaction))) throw new LastOwner();
        await endSessionsOf(transaction, id);
        return { outcome: 'saved', user };
      });
    } catch (error) {
      if (error instanceof LastOwner) return { outcome: 'last_owner' };
      throw error;
    }
  }

  return {
    list: (): Promise<UserRecord[]> => sql<UserRecord[]>`select ${columns} from users order by id`,
    async read(id: number): Promise<UserRecord | null> {
      const [user] = await sql<UserRecord[]>`select ${columns} from users where id = ${id}`;
      return user ?? null;
    },
    async create(email: string, role: Role): Promise<UserWrite> {
      const [user] = await sql<UserRecord[]>`
        insert into users (email, role) values (${email.toLowerCase()}, ${role})
        on conflict (email) do nothing returning ${columns}`;
      return user ? { outcome: 'saved', user } : { outcome: 'email_taken', email };
    },
    /** Signs the user out too: what they see is made anew with the new role. */
    setRole: (id: number, role: Role): Promise<UserWrite> =>
      change(id, (t) => t<UserRecord[]>`update users set role = ${role} where id = ${id} returning ${columns}`),
    /** Disabling signs the user out everywhere, ends their one-time links and lets none of them in again. */
    setDisabled: (id: number, disabled: boolean): Promise<UserWrite> =>
      change(id, async (t) => {
        const at = disabled ? new Date(clock()) : null;
        if (disabled) await t`delete from password_links where user_id = ${id}`;
        return t<UserRecord[]>`update users set disabled_at = ${at} where id = ${id} returning ${columns}`;
      })
  };
}

class LastOwner extends Error {}
