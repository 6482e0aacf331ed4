// One line for each change that a person, a key or the system makes.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Principal } from './principal.ts';

/** link: whoever held a one-time link or the setup token. */
export type Actor = Principal | 'system' | 'link';

export interface Change {
  actor: Actor;
  /** `source.created` */
  action: string;
  /** `source stripe` */
  subject: string;
  /** What changed; never a secret. */
  detail?: Record<string, string | number | boolean | null | string[]>;
}

export interface AuditLine {
  id: number;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
}

/** Writes an audit line; given a transaction, together with the change it tells of. */
export async function audit(target: Database | Transaction, change: Change): Promise<void> {
  const sql: Sql | Transaction = 'web' in target ? target.web : target;
  await sql`
    insert into audit_log (actor, action, subject, detail)
    values (${actorText(change.actor)}, ${change.action}, ${change.subject}, ${sql.json(change.detail ?? {})})`;
}

/** As the log names them: an email address, a key, the system. */
export function actorText(actor: Actor): string {
  if (actor === 'system') return 'system';
  if (actor === 'link') return 'one-time link';
  if (actor.kind === 'user') return actor.email;
  return actor.id === 0 ? 'API_KEY' : `key ${actor.id} ${actor.name}`;
}

/**
 * Audit lines, newest first.
 * @param before an id: only older lines
 */
export async function listAudit(
  database: Database,
  { before, limit }: { before?: number; limit: number }
): Promise<AuditLine[]> {
  return database.web<AuditLine[]>`
    select id, at, actor, action, subject, detail
      from audit_log
     where ${before ?? null}::bigint is null or id < ${before ?? null}::bigint
     order by id desc
     limit ${limit}`;
}
