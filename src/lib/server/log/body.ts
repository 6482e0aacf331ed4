// Reading the log: the body of one message, byte for byte as it came in.

import type { Database } from '#lib/server/database/connect.ts';
import { isUuid } from './read-ids.ts';
import { messagesById } from './summaries.ts';

/** The exact bytes of a message's body; null when there is no such message or its body was not kept. */
export async function readBody(database: Database, id: string): Promise<Buffer | null> {
  if (!isUuid(id)) return null;
  const sql = database.web;
  // As text: the driver would parse a json column, and round its numbers.
  const [row] = await sql<{ payload: string | null; body: Buffer | null }[]>`
    select m.payload::text as payload, m.body from ${messagesById(sql, [id])}`;
  if (row === undefined) return null;
  return row.payload === null ? row.body : Buffer.from(row.payload);
}

/** The JSON text of a message's body, verbatim; null when there is no such message or its body is not JSON. */
export async function payloadText(database: Database, id: string): Promise<string | null> {
  if (!isUuid(id)) return null;
  const sql = database.web;
  const [row] = await sql<{ payload: string | null }[]>`
    select m.payload::text as payload from ${messagesById(sql, [id])}`;
  return row?.payload ?? null;
}
