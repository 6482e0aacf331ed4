// API keys: `hf_<prefix>_<random>`, shown once, kept as a hash, with the rights of a role.

import type { Database, Sql } from '#lib/server/database/connect.ts';
import type { KeyPrincipal, KeyRole } from './principal.ts';
import { createRecent } from './recent.ts';
import { randomToken, sameSecret, sha256 } from './tokens.ts';

/** A key that is revoked on another node works at most this much longer here. */
const RECENT = { keptMs: 3000, maxEntries: 10_000 };
const USED_EVERY_MS = 60_000;
/** The key of the environment, in a principal. */
const BOOTSTRAP_KEY_ID = 0;
/** As `create` makes them: what looks different is not looked up. */
const KEY_SHAPE = /^hf_[A-Za-z0-9]{8}_[\w-]{32}$/;

export interface ApiKeyRecord {
  id: number;
  name: string;
  /** The first characters, to tell keys apart. */
  prefix: string;
  role: KeyRole;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

export interface NewKey {
  name: string;
  role: KeyRole;
  expiresAt?: Date | null;
  createdBy?: number | null;
}

export interface KeyOptions {
  database: Database;
  /** API_KEY of the environment. */
  bootstrapKey: string | null;
  /** Milliseconds since 1970. */
  clock: () => number;
}

export interface Keys {
  /** The key's text is in `key` and nowhere else. */
  create(key: NewKey): Promise<{ key: string; record: ApiKeyRecord }>;
  /** Newest first, revoked ones too. */
  list(): Promise<ApiKeyRecord[]>;
  read(id: number): Promise<ApiKeyRecord | null>;
  rename(id: number, name: string): Promise<ApiKeyRecord | null>;
  /** False when there is no such key, or it was revoked before. */
  revoke(id: number): Promise<boolean>;
  /** Whose token this is: null for a malformed, unknown, expired or revoked one. */
  principal(token: string): Promise<KeyPrincipal | null>;
  /** Asked of the database: is this key still good, with the same role? */
  stillValid(principal: KeyPrincipal): Promise<boolean>;
}

const COLUMNS = ['id', 'name', 'prefix', 'role', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'] as const;
const BOOTSTRAP: KeyPrincipal = { kind: 'key', id: BOOTSTRAP_KEY_ID, name: 'API_KEY', role: 'owner' };

/** Makes the API keys of this process. */
export function createKeys({ database, bootstrapKey, clock }: KeyOptions): Keys {
  const sql = database.web;
  const recent = createRecent<ApiKeyRecord | null>({ ...RECENT, clock });
  return {
    create: (key) => createKey(sql, key),
    list: () => sql<ApiKeyRecord[]>`select ${sql(COLUMNS)} from api_keys order by id desc`,
    async read(id) {
      const [record] = await sql<ApiKeyRecord[]>`select ${sql(COLUMNS)} from api_keys where id = ${id}`;
      return record ?? null;
    },
    async rename(id, name) {
      const [record] = await sql<ApiKeyRecord[]>`
        update api_keys set name = ${name} where id = ${id} returning ${sql(COLUMNS)}`;
      return record ?? null;
    },
    async revoke(id) {
      const at = new Date(clock());
      const revoked = await sql`update api_keys set revoked_at = ${at} where id = ${id} and revoked_at is null`;
      recent.clear();
      return revoked.count > 0;
    },
    async principal(token) {
      if (bootstrapKey !== null && sameSecret(token, bootstrapKey)) return BOOTSTRAP;
      if (!KEY_SHAPE.test(token)) return null;
      const hash = sha256(token);
      const record = await recent.get(hash.toString('hex'), () => findUsed(sql, hash, clock()));
      if (!record || (record.expires_at !== null && record.expires_at.getTime() <= clock())) return null;
      return { kind: 'key', id: record.id, name: record.name, role: record.role };
    },
    async stillValid({ id, role }) {
      if (id === BOOTSTRAP_KEY_ID) return true;
      const now = new Date(clock());
      const rows = await sql`
        select 1 from api_keys
         where id = ${id} and role = ${role} and revoked_at is null and (expires_at is null or expires_at > ${now})`;
      return rows.length > 0;
    }
  };
}

async function createKey(sql: Sql, { name, role, expiresAt = null, createdBy = null }: NewKey) {
  const prefix = `hf_${randomToken(6).replaceAll(/[^a-zA-Z0-9]/g, '0')}`;
  const key = `${prefix}_${randomToken(24)}`;
  const [record] = await sql<ApiKeyRecord[]>`
    insert into api_keys (name, prefix, key_hash, role, created_by, expires_at)
    values (${name}, ${prefix}, ${sha256(key)}, ${role}, ${createdBy}, ${expiresAt})
    returning ${sql(COLUMNS)}`;
  if (!record) throw new Error('The key was not stored.');
  return { key, record };
}

/** The key that is not revoked; notes its use, at most once a minute however many nodes see it. */
async function findUsed(sql: Sql, hash: Buffer, now: number): Promise<ApiKeyRecord | null> {
  const [record] = await sql<ApiKeyRecord[]>`
    select ${sql(COLUMNS)} from api_keys where key_hash = ${hash} and revoked_at is null`;
  if (!record) return null;
  const noted = new Date(now - USED_EVERY_MS);
  if (record.last_used_at === null || record.last_used_at <= noted) {
    await sql`
      update api_keys set last_used_at = ${new Date(now)}
       where id = ${record.id} and (last_used_at is null or last_used_at <= ${noted})`;
  }
  return record;
}
