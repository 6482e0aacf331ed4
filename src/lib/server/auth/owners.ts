// Somebody must always be able to sign in and manage users: an owner who has a password and is not disabled.

import type { Sql, Transaction } from '#lib/server/database/connect.ts';

export interface OwnerCount {
  /** Those who can sign in. */
  able: number;
  /** Those too who have not used their one-time link yet. */
  invited: number;
}

export async function countOwners(sql: Sql | Transaction): Promise<OwnerCount> {
  const [count] = await sql<OwnerCount[]>`
    select count(password_hash)::int as able, count(*)::int as invited
      from users where role = 'owner' and disabled_at is null`;
  return count ?? { able: 0, invited: 0 };
}

/** Whether a change took the last owner away: the last who can sign in or, where none can yet, the last who may. */
export function lostLast(before: OwnerCount, after: OwnerCount): boolean {
  return (before.able > 0 && after.able === 0) || (before.invited > 0 && after.invited === 0);
}

/** Serialises everyone who makes or unmakes an owner, on all nodes, until the transaction ends. */
export async function lockOwners(transaction: Transaction): Promise<void> {
  await transaction`select pg_advisory_xact_lock(${ADVISORY_LOCK})`;
}

const ADVISORY_LOCK = 724_002;
