// Messages of claimed deliveries, read back whole. (What this process has just accepted it still has in memory.)

import type { Sql } from '#lib/server/database/connect.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import type { StoredMessage } from './work.ts';

interface MessageRow extends Omit<StoredMessage, 'source' | 'payload' | 'event' | 'body'> {
  sourceId: number;
  eventId: string | null;
  eventType: string | null;
  json: string | null;
  bytes: Buffer | null;
}

/** What is known of a source that was deleted while its messages were still to be delivered. */
const goneSource = (id: number): StoredMessage['source'] => ({
  id,
  slug: `(deleted ${id})`,
  provider: 'none',
  options: {}
});

/** What reading a message back takes of the other steps. */
export interface MessageParts {
  sourceById(id: number): RoutedSource | null;
  /** The event's JSON, wherever the provider puts it. */
  payloadOf(message: Omit<StoredMessage, 'payload'>): unknown;
}

/** Gives `message` its payload, parsed when first asked for. */
export function withPayload(
  message: Omit<StoredMessage, 'payload'>,
  parts: Pick<MessageParts, 'payloadOf'>
): StoredMessage {
  let parsed: { value: unknown } | null = null;
  return {
    ...message,
    get payload(): unknown {
      parsed ??= { value: parts.payloadOf(message) };
      return parsed.value;
    }
  };
}

/** When the message of this id was received: the first 48 bits of a uuidv7. */
export const millisecondOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** How many bytes each of these messages has; missing: deleted. */
export async function messageSizes(sql: Sql, ids: readonly string[]): Promise<Map<string, number>> {
  const distinct = [...new Set(ids)];
  const rows = await sql<{ id: string; size: number }[]>`
    select m.id, m.size from messages m
      join unnest(${distinct}::uuid[], ${distinct.map(millisecondOf)}::float8[]) as wanted (id, ms)
        on m.received_at = to_timestamp(wanted.ms / 1000.0) and m.id = wanted.id
    union all
    select m.id, m.size from messages_kept m where m.id = any(${distinct}::uuid[])`;
  return new Map(rows.map(({ id, size }) => [id, size]));
}

/**
 * Reads messages by id; the millisecond in an id is its received_at, so each is one index look-up in one partition.
 * @returns by id; missing: deleted
 */
export async function loadMessages(
  sql: Sql,
  ids: readonly string[],
  parts: MessageParts
): Promise<Map<string, StoredMessage>> {
  const distinct = [...new Set(ids)];
  const times = distinct.map(millisecondOf);
  const columns = sql`
    m.id, m.received_at as "receivedAt", m.source_id as "sourceId", m.method, m.path, m.query, m.headers,
    m.content_type as "contentType", m.payload::text as json, m.body as bytes, m.event_id as "eventId",
    m.event_type as "eventType", m.verification, m.origin`;
  const rows = await sql<MessageRow[]>`
    select ${columns} from messages m
      join unnest(${distinct}::uuid[], ${times}::float8[]) as wanted (id, ms)
        on m.received_at = to_timestamp(wanted.ms / 1000.0) and m.id = wanted.id
    union all
    select ${columns} from messages_kept m where m.id = any(${distinct}::uuid[])`;
  return new Map(rows.map((row) => [row.id, storedMessage(row, parts)]));
}

function storedMessage(row: MessageRow, parts: MessageParts): StoredMessage {
  const { sourceId, eventId, eventType, json, bytes, ...rest } = row;
  const source = parts.sourceById(sourceId) ?? goneSource(sourceId);
  const body = json === null ? (bytes ?? Buffer.alloc(0)) : Buffer.from(json);
  return withPayload({ ...rest, source, event: { id: eventId, type: eventType }, body }, parts);
}
