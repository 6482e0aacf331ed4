// The first owner: from ADMIN_EMAIL and ADMIN_PASSWORD, or by /setup with a one-time token printed at start.

import type { Database, Transaction } from '#lib/server/database/connect.ts';
import { parseEmail } from './email.ts';
import { countOwners, lockOwners } from './owners.ts';
import { passwordProblem, type Passwords } from './passwords.ts';
import { endSessionsOf } from './sessions.ts';
import { randomToken, sha256 } from './tokens.ts';

const SETTING = 'setup_token_hash';
const WRONG_TOKEN = 'This is not the token. Holdfast prints a new one each time it starts without an owner.';

export interface Setup {
  token: string;
  email: string;
  password: string;
}

export type SetupResult =
  { ok: true; userId: number } | { ok: false; field: 'token' | 'email' | 'password'; problem: string };

interface SetupParts {
  database: Database;
  passwords: Passwords;
}

/** Makes what the first start needs. */
export function createSetup(parts: SetupParts) {
  const sql = parts.database.web;
  return {
    /** Whether somebody can sign in who manages users. */
    hasOwner: async (): Promise<boolean> => (await countOwners(sql)).able > 0,
    isToken: (token: string): Promise<boolean> => isToken(parts, token),
    ensureOwner: (owner: { email: string; password: string }): Promise<void> => ensureOwner(parts, owner),
    /** A new token while there is no owner, null afterwards. An older one ends. */
    async token(): Promise<string | null> {
      if ((await countOwners(sql)).able > 0) return null;
      const token = randomToken(18);
      const hash = sha256(token).toString('hex');
      await sql`
        insert into settings (name, value) values (${SETTING}, ${sql.json(hash)})
        on conflict (name) do update set value = excluded.value, updated_at = now()`;
      return token;
    },
    complete: (asked: Setup): Promise<SetupResult> => complete(parts, asked)
  };
}

/** The stored hash is all that a comparison could leak, and it opens nothing. */
async function isToken({ database }: SetupParts, token: string): Promise<boolean> {
  const [row] = await database.web<{ value: string }[]>`select value from settings where name = ${SETTING}`;
  return row?.value === sha256(token).toString('hex');
}

/**
 * Makes the owner of the environment. A user of that address who has a password is left as they are; one who never had
 * one gets it, and the role.
 * @throws when the password breaks the rules that people's passwords keep
 */
async function ensureOwner(
  { database, passwords }: SetupParts,
  { email, password }: { email: string; password: string }
): Promise<void> {
  const sql = database.web;
  const [known] = await sql`select 1 from users where email = ${email} and password_hash is not null`;
  if (known) return;
  const problem = passwordProblem(password, email);
  if (problem !== null) throw new Error(`ADMIN_PASSWORD cannot be used. ${problem}`);
  const hash = await passwords.hash(password);
  await sql.begin(async (transaction) => {
    await lockOwners(transaction);
    await transaction`
      insert into users (email, role, password_hash) values (${email}, 'owner', ${hash})
      on conflict (email) do update set role = 'owner', password_hash = excluded.password_hash
        where users.password_hash is null`;
  });
}

/** Makes the first owner; of two at once, one. */
async function complete(parts: SetupParts, asked: Setup): Promise<SetupResult> {
  const email = parseEmail(asked.email);
  if (email === null) return refused('email', `"${asked.email}" is not an email address.`);
  const problem = passwordProblem(asked.password, email);
  if (problem !== null) return refused('password', problem);
  // Asked before hashing: whoever makes tokens up must not make the machine work.
  if (!(await isToken(parts, asked.token))) return refused('token', WRONG_TOKEN);
  const hash = await parts.passwords.hash(asked.password);
  return parts.database.web.begin(async (transaction): Promise<SetupResult> => {
    await lockOwners(transaction);
    if ((await countOwners(transaction)).able > 0) return refused('token', 'Holdfast is set up already: sign in.');
    return { ok: true, userId: await makeOwner(transaction, email, hash) };
  });
}

function refused(field: 'token' | 'email' | 'password', problem: string): SetupResult {
  return { ok: false, field, problem };
}

async function makeOwner(transaction: Transaction, email: string, hash: string): Promise<number> {
  const [user] = await transaction<{ id: number }[]>`
    insert into users (email, role, password_hash) values (${email}, 'owner', ${hash})
    on conflict (email) do update set role = 'owner', password_hash = excluded.password_hash, disabled_at = null
    returning id`;
  if (!user) throw new Error('The first owner was not stored.');
  await endSessionsOf(transaction, user.id);
  await transaction`delete from settings where name = ${SETTING}`;
  return user.id;
}
