// Connections as people manage them: which source's messages go to which destination, and which of them.

import type { ConnectionFilter } from '#lib/inbox/connection-filter.ts';
import type { Database } from '#lib/server/database/connect.ts';

/** A connection as API and screens show it. Times ISO 8601 in UTC. */
export interface ConnectionRecord {
  id: number;
  source: { id: number; slug: string; name: string };
  destination: { id: number; name: string; kind: 'handler' | 'http' };
  /** null lets everything pass. */
  filter: ConnectionFilter | null;
  created_at: string;
}

export interface NewConnection {
  /** The source's slug. */
  source: string;
  destination: number;
  filter: ConnectionFilter | null;
}

export type ConnectionWrite =
  | { outcome: 'saved'; connection: ConnectionRecord }
  | { outcome: 'unknown_source' }
  | { outcome: 'unknown_destination' }
  | { outcome: 'already_connected'; id: number };

interface ConnectionRow {
  id: number;
  source_id: number;
  source_slug: string;
  source_name: string;
  destination_id: number;
  destination_name: string;
  destination_kind: 'handler' | 'http';
  filter: ConnectionFilter | null;
  created_at: Date;
}

/** All connections, oldest first. */
export async function listConnections(database: Database): Promise<ConnectionRecord[]> {
  return readRows(database, database.web`true`);
}

export async function findConnection(database: Database, id: number): Promise<ConnectionRecord | null> {
  return (await readRows(database, database.web`c.id = ${id}`))[0] ?? null;
}

/** Connects a source to a destination. Messages already in the log are not sent: that is a re-delivery. */
export async function createConnection(database: Database, connection: NewConnection): Promise<ConnectionWrite> {
  const sql = database.web;
  const [[source], [destination]] = await Promise.all([
    sql<{ id: number }[]>`select id from sources where slug = ${connection.source}`,
    sql<{ id: number }[]>`select id from destinations where id = ${connection.destination}`
  ]);
  if (source === undefined) return { outcome: 'unknown_source' };
  if (destination === undefined) return { outcome: 'unknown_destination' };
  const [row] = await sql<{ id: number }[]>`
    insert into connections (source_id, destination_id, filter)
    values (${source.id}, ${destination.id}, ${filterJson(connection.filter)}::text::jsonb)
    on conflict (source_id, destination_id) do nothing
    returning id`;
  if (row === undefined) return alreadyConnected(database, source.id, destination.id);
  const saved = await findConnection(database, row.id);
  return saved === null ? { outcome: 'unknown_source' } : { outcome: 'saved', connection: saved };
}

/** Gives a connection another filter; null lets everything pass. @returns null when there is no such connection */
export async function updateConnection(
  database: Database,
  id: number,
  filter: ConnectionFilter | null
): Promise<ConnectionRecord | null> {
  await database.web`update connections set filter = ${filterJson(filter)}::text::jsonb where id = ${id}`;
  return findConnection(database, id);
}

/** Disconnects. Deliveries that were made stay. */
export async function deleteConnection(database: Database, id: number): Promise<boolean> {
  const deleted = await database.web`delete from connections where id = ${id} returning 1`;
  return deleted.length > 0;
}

async function alreadyConnected(database: Database, sourceId: number, destinationId: number): Promise<ConnectionWrite> {
  const [row] = await database.web<{ id: number }[]>`
    select id from connections where source_id = ${sourceId} and destination_id = ${destinationId}`;
  return row === undefined ? { outcome: 'unknown_source' } : { outcome: 'already_connected', id: row.id };
}

const filterJson = (filter: ConnectionFilter | null) => (filter === null ? null : JSON.stringify(filter));

async function readRows(database: Database, condition: ReturnType<Database['web']>): Promise<ConnectionRecord[]> {
  const rows = await database.web<ConnectionRow[]>`
    select c.id, c.filter, c.created_at, s.id as source_id, s.slug as source_slug, s.name as source_name,
           d.id as destination_id, d.name as destination_name, d.kind as destination_kind
      from connections c
      join sources s on s.id = c.source_id
      join destinations d on d.id = c.destination_id
     where ${condition}
     order by c.id`;
  return rows.map((row) => ({
    id: row.id,
    source: { id: row.source_id, slug: row.source_slug, name: row.source_name },
    destination: { id: row.destination_id, name: row.destination_name, kind: row.destination_kind },
    filter: row.filter,
    created_at: row.created_at.toISOString()
  }));
}
