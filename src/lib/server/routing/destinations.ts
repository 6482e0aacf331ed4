// Destinations as people manage them: HTTP URLs, and the handlers in this process, which make themselves known at start.

import type { Database } from '#lib/server/database/connect.ts';
import {
  changedOptions,
  shownOptions,
  type OptionsChange,
  type OptionsRefusal,
  type ShownOptions
} from './destination-options.ts';
import { readStates, type DestinationState } from './destination-states.ts';
import type { Sealer } from './secrets.ts';
import type { StoredDestinationOptions } from './types.ts';
import { writeSecret } from './destination-secrets.ts';
import { isUniqueViolation } from './unique-violation.ts';

/** A destination as API and screens show it: never its secret. Times ISO 8601 in UTC. */
export interface DestinationRecord extends ShownOptions {
  id: number;
  name: string;
  kind: 'handler' | 'http';
  /** The handler's name, for kind handler. */
  handler: string | null;
  url: string | null;
  has_secret: boolean;
  /** The secret before the present one signs too until here; null: there is none. */
  previous_secret_expires_at: string | null;
  state: DestinationState;
  created_at: string;
  updated_at: string;
}

export interface NewDestination extends OptionsChange {
  name: string;
  url: string;
  /** What the deliveries are signed with. */
  secret: string;
}

/** What is given is changed; null as an option goes back to the usual. */
export interface DestinationChange extends OptionsChange {
  name?: string | undefined;
  url?: string | undefined;
  /** Signs from now on, alone. */
  secret?: string | undefined;
}

export type DestinationWrite =
  | { outcome: 'saved'; destination: DestinationRecord }
  | { outcome: 'unknown' }
  | { outcome: 'name_taken'; name: string }
  | ({ outcome: 'refused' } & OptionsRefusal)
  /** A handler is a file of this program: only its name can be changed, and it cannot be deleted. */
  | { outcome: 'is_handler'; handler: string };

interface DestinationRow {
  id: number;
  name: string;
  kind: DestinationRecord['kind'];
  handler: string | null;
  url: string | null;
  has_secret: boolean;
  previous_secret_expires_at: Date | null;
  options: StoredDestinationOptions;
  created_at: Date;
  updated_at: Date;
}

const ACTIVE: DestinationState = { status: 'active', since: null, reason: null, next_probe_at: null, waiting: 0 };

type Parts = { database: Database; vault: Sealer };

/**
 * Gives each handler its destination; at start, on every node. Handlers whose file is gone keep theirs, since deliveries
 * point to it.
 */
export async function ensureHandlerDestinations(
  database: Database,
  handlers: readonly { name: string }[]
): Promise<void> {
  const names = handlers.map((handler) => handler.name);
  // The name may be taken by an HTTP destination: then it gets another.
  for (const suffix of ['', ' (handler)']) {
    await database.web`
      insert into destinations (name, kind, handler)
      select h || ${suffix}::text, 'handler', h from unnest(${names}::text[]) as h
       where not exists (select from destinations d where d.handler = h)
      on conflict do nothing`;
  }
}

/** All destinations, oldest first. */
export async function listDestinations(database: Database): Promise<DestinationRecord[]> {
  return readRows(database, null);
}

export async function findDestination(database: Database, id: number): Promise<DestinationRecord | null> {
  return (await readRows(database, id))[0] ?? null;
}

/** Makes an HTTP destination. */
export async function createDestination(parts: Parts, destination: NewDestination): Promise<DestinationWrite> {
  const { name, url, secret, ...given } = destination;
  const options = changedOptions(parts.vault, {}, given);
  if ('problem' in options) return { outcome: 'refused', ...options };
  const [row] = await parts.database.web<{ id: number }[]>`
    insert into destinations (name, kind, url, secret_ciphertext, options)
    values (${name}, 'http', ${url}, ${parts.vault.seal(secret)}, ${JSON.stringify(options)}::text::jsonb)
    on conflict (name) do nothing
    returning id`;
  return row === undefined ? { outcome: 'name_taken', name } : saved(parts.database, row.id);
}

/** Changes what is given and leaves the rest. */
export async function updateDestination(
  parts: Parts,
  id: number,
  change: DestinationChange
): Promise<DestinationWrite> {
  const known = await findDestination(parts.database, id);
  if (known === null) return { outcome: 'unknown' };
  if (known.handler !== null && !changesOnlyName(change)) return { outcome: 'is_handler', handler: known.handler };
  try {
    const refusal = await updateRow(parts, id, change);
    if (refusal) return { outcome: 'refused', ...refusal };
  } catch (error) {
    if (change.name !== undefined && isUniqueViolation(error)) return { outcome: 'name_taken', name: change.name };
    throw error;
  }
  return saved(parts.database, id);
}

function changesOnlyName({ name: _, ...rest }: DestinationChange): boolean {
  return Object.values(rest).every((value) => value === undefined);
}

async function updateRow(
  { database, vault }: Parts,
  id: number,
  { name, url, secret, ...given }: DestinationChange
): Promise<OptionsRefusal | null> {
  return database.web.begin(async (sql) => {
    const [row] = await sql<{ options: StoredDestinationOptions }[]>`
      select options from destinations where id = ${id} for update`;
    const options = changedOptions(vault, row?.options ?? {}, given);
    if ('problem' in options) return options;
    if (secret !== undefined) await writeSecret(sql, id, { sealed: vault.seal(secret), keepSeconds: 0 });
    await sql`
      update destinations
         set name = ${name ?? sql`name`}, url = ${url ?? sql`url`},
             options = ${JSON.stringify(options)}::text::jsonb, updated_at = now()
       where id = ${id}`;
    // What held it may be mended by this: one delivery is tried at once.
    await sql`update destination_states set probe_at = now() where destination_id = ${id} and held_at is not null`;
    return null;
  });
}

/** Deletes an HTTP destination with its connections. Deliveries on their way to it fail with a sentence that says so. */
export async function deleteDestination(
  database: Database,
  id: number
): Promise<{ outcome: 'deleted' } | Extract<DestinationWrite, { outcome: 'unknown' | 'is_handler' }>> {
  const known = await findDestination(database, id);
  if (known === null) return { outcome: 'unknown' };
  if (known.handler !== null) return { outcome: 'is_handler', handler: known.handler };
  await database.web`delete from destinations where id = ${id} and kind = 'http'`;
  return { outcome: 'deleted' };
}

async function saved(database: Database, id: number): Promise<DestinationWrite> {
  const destination = await findDestination(database, id);
  return destination === null ? { outcome: 'unknown' } : { outcome: 'saved', destination };
}

async function readRows(database: Database, id: number | null): Promise<DestinationRecord[]> {
  const sql = database.web;
  const rows = await sql<DestinationRow[]>`
    select id, name, kind, handler, url, secret_ciphertext is not null as has_secret, options, created_at, updated_at,
           case when previous_secret_expires_at > now() then previous_secret_expires_at end as previous_secret_expires_at
      from destinations where ${id === null ? sql`true` : sql`id = ${id}`} order by id`;
  const states = await readStates(
    database,
    rows.map((row) => row.id)
  );
  return rows.map(({ options, created_at: createdAt, updated_at: updatedAt, ...row }) => ({
    ...row,
    previous_secret_expires_at: row.previous_secret_expires_at?.toISOString() ?? null,
    ...shownOptions(options),
    state: states.get(row.id) ?? ACTIVE,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString()
  }));
}
