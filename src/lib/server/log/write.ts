// One batch into the log, in one transaction: claim the events, then messages and deliveries. Commit, then answer.

import { createHash } from 'node:crypto';
import type { Sql, Transaction } from '#lib/server/database/connect.ts';
import { claimEvents } from './claim.ts';
import { clean, cleanOrNull } from './columns.ts';
import type { Logged, LogEntry } from './entry.ts';

const LEASE_SECONDS = 10;

/**
 * Writes a batch and commits it.
 * @param leaseToken fences the deliveries written as leased
 * @returns one Logged an entry, in order
 */
export async function writeBatch(sql: Sql, entries: readonly LogEntry[], leaseToken: string): Promise<Logged[]> {
  const keyed = entries.filter((entry) => entry.eventKey !== null);
  if (keyed.length === 0) {
    await insertMessages(sql, { entries, duplicates: new Map(), leaseToken });
    return entries.map(() => ({ duplicateOf: null }));
  }
  return sql.begin(async (transaction) => {
    const duplicates = await claimEvents(transaction, keyed);
    await insertMessages(transaction, { entries, duplicates, leaseToken });
    if (duplicates.size > 0) await reviveFailed(transaction, [...duplicates.values()]);
    return entries.map((entry) => ({ duplicateOf: duplicates.get(entry.id) ?? null }));
  });
}

/** Positions count from 1, as SQL's substring does. Of the body: in `text` for JSON, else in `raw`. */
interface Packed {
  text: string;
  raw: Buffer;
  headers: { from: number[]; bytes: number[] };
  bodies: { from: number[]; bytes: number[] };
}

/**
 * Headers and JSON bodies go as one text in PostgreSQL's escape format of bytea: an array of texts would be escaped
 * character by character, and postgres.js's own format for bytea, hex, is twice as long to make, send and read. Other
 * bodies are any bytes, and go as hex.
 */
function pack(entries: readonly LogEntry[]): Packed {
  const packed: Packed = {
    text: '',
    raw: Buffer.alloc(0),
    headers: { from: [], bytes: [] },
    bodies: { from: [], bytes: [] }
  };
  const raws: Buffer[] = [];
  let textAt = 1;
  let rawAt = 1;
  for (const { headers, body, isJson, bodyDropped } of entries) {
    const json = JSON.stringify(headers);
    const headerBytes = Buffer.byteLength(json);
    packed.text += escaped(json);
    packed.headers.from.push(textAt);
    packed.headers.bytes.push(headerBytes);
    textAt += headerBytes;
    const bytes = bodyDropped ? 0 : body.length;
    packed.bodies.from.push(isJson ? textAt : rawAt);
    packed.bodies.bytes.push(bytes);
    if (bytes === 0) continue;
    if (isJson) {
      packed.text += escaped(body.toString('utf8'));
      textAt += bytes;
    } else {
      raws.push(body);
      rawAt += bytes;
    }
  }
  packed.raw = Buffer.concat(raws);
  return packed;
}

/** JSON text has no NUL, and its other characters stand for themselves: only the backslash is special. */
const escaped = (json: string): string => (json.includes('\\') ? json.replaceAll('\\', '\\\\') : json);

interface Insert {
  entries: readonly LogEntry[];
  duplicates: ReadonlyMap<string, string>;
  leaseToken: string;
}

async function insertMessages(sql: Sql | Transaction, { entries, duplicates, leaseToken }: Insert): Promise<void> {
  const { text, raw, headers, bodies } = pack(entries);
  // postgres.js gets the type of an array of booleans wrong: they go as 0 and 1.
  const column = <T>(value: (entry: LogEntry) => T): T[] => entries.map(value);
  const deliveries = entries
    .filter((entry) => !duplicates.has(entry.id))
    .flatMap((entry) => entry.deliveries.map((delivery) => ({ ...delivery, entry })));
  await sql`
    with packed as materialized (select decode(${text}::text, 'escape') as blob, ${raw}::bytea as raw), logged as (
      insert into messages (
        received_at, id, source_id, method, path, query, headers, content_type, remote_ip,
        payload, body, body_dropped, json_queryable, size, body_sha256,
        event_id, event_type, verification, verification_reason, verification_detail, duplicate_of, origin, edited_from)
      select to_timestamp(e.received_ms / 1000.0), e.id, e.source_id, e.method, e.path, e.query,
             convert_from(substring(blob from e.headers_from for e.header_bytes), 'UTF8')::json,
             e.content_type, e.remote_ip,
             case when e.is_json = 1 then convert_from(substring(blob from e.body_from for e.body_bytes), 'UTF8')::json end,
             case when e.is_json = 0 and e.dropped = 0 then substring(raw from e.body_from for e.body_bytes) end,
             e.dropped = 1, e.queryable = 1, e.size, decode(e.sha256, 'hex'),
             e.event_id, e.event_type, e.verification::verification_status, e.reason, e.detail::jsonb, e.duplicate_of, e.origin,
             e.edited_from
        from packed, unnest(
          ${column((e) => e.receivedAt)}::float8[], ${column((e) => e.id)}::uuid[], ${column((e) => e.sourceId)}::int[],
          ${column((e) => clean(e.method))}::text[], ${column((e) => e.path.replaceAll('\0', '\uFFFD'))}::text[],
          ${column((e) => e.query.replaceAll('\0', '\uFFFD'))}::text[],
          ${headers.from}::int[], ${headers.bytes}::int[], ${bodies.from}::int[], ${bodies.bytes}::int[],
          ${column((e) => cleanOrNull(e.contentType))}::text[], ${column((e) => e.remoteIp)}::text[],
          ${column((e) => Number(e.isJson && !e.bodyDropped))}::int[], ${column((e) => Number(e.bodyDropped))}::int[],
          ${column((e) => Number(e.jsonQueryable))}::int[],
          ${column((e) => e.body.length)}::int[], ${column((e) => createHash('sha256').update(e.body).digest('hex'))}::text[],
          ${column((e) => cleanOrNull(e.eventId))}::text[], ${column((e) => cleanOrNull(e.eventType))}::text[],
          ${column((e) => e.verification.status)}::text[], ${column((e) => cleanOrNull(e.verification.reason))}::text[],
          ${column((e) => (e.verification.detail ? JSON.stringify(e.verification.detail) : null))}::text[],
          ${column((e) => duplicates.get(e.id) ?? null)}::uuid[], ${column((e) => e.origin)}::text[],
          ${column((e) => e.editedFrom)}::uuid[]
        ) as e (received_ms, id, source_id, method, path, query, headers_from, header_bytes, body_from, body_bytes,
                content_type, remote_ip, is_json, dropped, queryable, size, sha256, event_id, event_type,
                verification, reason, detail, duplicate_of, origin, edited_from)
    )
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, order_key, lease_token, leased_until)
    select d.id, d.message_id, d.source_id, d.destination_id, now(), d.order_key,
           case when d.leased = 1 then ${leaseToken}::uuid end,
           case when d.leased = 1 then now() + ${LEASE_SECONDS} * interval '1 second' end
      from unnest(
        ${deliveries.map((d) => d.id)}::uuid[], ${deliveries.map((d) => d.entry.id)}::uuid[],
        ${deliveries.map((d) => d.entry.sourceId)}::int[], ${deliveries.map((d) => d.destinationId)}::int[],
        ${deliveries.map((d) => Number(d.leased))}::int[], ${deliveries.map((d) => d.orderKey)}::text[]
      ) as d (id, message_id, source_id, destination_id, leased, order_key)`;
}

/** What a provider's Resend button means: the original's failed deliveries go again. */
async function reviveFailed(transaction: Transaction, originals: readonly string[]): Promise<void> {
  await transaction`
    with failed as (
      delete from delivery_results r
       using unnest(${[...new Set(originals)]}::uuid[]) as original (id)
       where r.message_id = original.id
         and r.id >= (left(original.id::text, 13) || '-0000-0000-000000000000')::uuid
         and r.id <= (left(original.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
         and r.status = 'failed'
      returning r.*
    )
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, attempt_count, version, last_error)
    select id, message_id, source_id, destination_id, now(), attempt_count, version + 1, last_error from failed`;
}
