// Accounts as people manage them. Balances are not changed here: see post.ts.

import type { Database } from '#lib/server/database/connect.ts';

/** An account without its lines. Times ISO 8601 in UTC, balance in integer minor units. */
export interface AccountRecord {
  id: number;
  name: string;
  currency: string;
  balance: number;
  version: number;
  owner_email: string | null;
  stripe_customer: string | null;
  created_at: string;
}

/** What can be changed later. The currency cannot: the lines are amounts of it. */
export interface AccountFields {
  name: string;
  ownerEmail: string | null;
  stripeCustomer: string | null;
}

export interface NewAccount extends Partial<AccountFields> {
  name: string;
  /** ISO 4217, any case; stored in lower case, as Stripe writes it. */
  currency: string;
}

export type AccountWrite =
  | { outcome: 'saved'; account: AccountRecord }
  | { outcome: 'unknown' }
  /** Another account has this Stripe customer already: payments would not know whom to credit. */
  | { outcome: 'stripe_customer_taken'; accountId: number };

interface AccountRow {
  id: number;
  name: string;
  currency: string;
  balance: string;
  version: string;
  owner_email: string | null;
  stripe_customer: string | null;
  created_at: Date;
}

/** Makes an account with a balance of 0. The caller has checked the shapes (the currency: three letters). */
export async function createAccount(database: Database, account: NewAccount): Promise<AccountWrite> {
  const { name, currency, ownerEmail = null, stripeCustomer = null } = account;
  const [row] = await database.web<AccountRow[]>`
    insert into accounts (name, currency, owner_email, stripe_customer)
    values (${name}, lower(${currency}), lower(${ownerEmail}), ${stripeCustomer})
    on conflict (stripe_customer) do nothing
    returning *`;
  return row ? { outcome: 'saved', account: toRecord(row) } : customerTaken(database, stripeCustomer);
}

/** Changes what is given and leaves the rest; null empties. The version moves, since screens show the name. */
export async function updateAccount(
  database: Database,
  id: number,
  fields: Partial<AccountFields>
): Promise<AccountWrite> {
  const sql = database.web;
  const { name, ownerEmail, stripeCustomer } = fields;
  try {
    const [row] = await sql<AccountRow[]>`
      update accounts
         set name = ${name ?? sql`name`},
             owner_email = ${ownerEmail === undefined ? sql`owner_email` : sql`lower(${ownerEmail})`},
             stripe_customer = ${stripeCustomer === undefined ? sql`stripe_customer` : stripeCustomer},
             version = version + 1, updated_at = now()
       where id = ${id} and closed_at is null
      returning *`;
    return row ? { outcome: 'saved', account: toRecord(row) } : { outcome: 'unknown' };
  } catch (error) {
    if (!isUniqueViolation(error) || stripeCustomer == null) throw error;
    return customerTaken(database, stripeCustomer);
  }
}

/**
 * Deletes an account that has no lines. One that has is closed: it is shown nowhere, its owner and Stripe customer are let
 * go, no payment is credited to it any more, but its lines stay, because they are what keeps a re-delivered payment from
 * being applied again. Refunds and disputes of its payments are still booked on it.
 */
export async function deleteAccount(database: Database, id: number): Promise<'deleted' | 'closed' | 'unknown'> {
  return database.web.begin(async (sql) => {
    // The lock that post() takes too: no line can come in between the look and the deletion.
    const [account] = await sql`select from accounts where id = ${id} and closed_at is null for update`;
    if (!account) return 'unknown';
    const { count } = await sql`
      delete from accounts where id = ${id} and not exists (select from ledger_entries where account_id = ${id})`;
    if (count === 1) return 'deleted';
    await sql`
      update accounts
         set closed_at = now(), owner_email = null, stripe_customer = null, version = version + 1, updated_at = now()
       where id = ${id}`;
    return 'closed';
  });
}

/** All accounts, oldest first. */
export async function listAccounts(database: Database): Promise<AccountRecord[]> {
  const rows = await database.web<AccountRow[]>`select * from accounts where closed_at is null order by id`;
  return rows.map(toRecord);
}

/** The account as it is managed: with its owner and Stripe customer, which AccountState does not show. */
export async function findAccount(database: Database, id: number): Promise<AccountRecord | null> {
  const [row] = await database.web<AccountRow[]>`select * from accounts where id = ${id} and closed_at is null`;
  return row ? toRecord(row) : null;
}

/** The accounts a signed-in customer may see. */
export async function accountsOfOwner(database: Database, email: string): Promise<AccountRecord[]> {
  const rows = await database.web<AccountRow[]>`
    select * from accounts where owner_email = lower(${email}) and closed_at is null order by id`;
  return rows.map(toRecord);
}

async function customerTaken(database: Database, customer: string | null): Promise<AccountWrite> {
  const [row] = await database.web<{ id: number }[]>`select id from accounts where stripe_customer = ${customer}`;
  return row ? { outcome: 'stripe_customer_taken', accountId: row.id } : { outcome: 'unknown' };
}

/** stripe_customer is the only unique column that is written. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

function toRecord(row: AccountRow): AccountRecord {
  return {
    id: row.id,
    name: row.name,
    currency: row.currency,
    balance: Number(row.balance),
    version: Number(row.version),
    owner_email: row.owner_email,
    stripe_customer: row.stripe_customer,
    created_at: row.created_at.toISOString()
  };
}
