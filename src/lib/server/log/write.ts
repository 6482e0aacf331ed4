// One batch into the log, in one transaction: claim the events, then messages and deliveries. Commit, then answer.

import { createHash } from 'node:crypto';
import type { Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Logged, LogEntry } from './entry.ts';

const LEASE_SECONDS = 10;
/** Text columns are for people; the bytes stay whole in the message. */
const MAX_TEXT = 1000;

/** PostgreSQL text takes no NUL; a lone surrogate becomes U+FFFD on the way out of JavaScript anyway. */
const clean = (text: string): string => text.replaceAll('\0', '\uFFFD').slice(0, MAX_TEXT);
const cleanOrNull = (text: string | null): string | null => (text === null ? null : clean(text));

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

interface Claim {
  sourceId: number;
  eventKey: string;
  messageId: string;
}

const claimName = (claim: { sourceId: number; eventKey: string }): string => `${claim.sourceId}:${claim.eventKey}`;

/**
 * Claims the batch's distinct keys in key order (unsorted, two batches in flight deadlock) and finds who holds the rest.
 * @returns for each message that is not the first of its event, the id of the one that is
 */
async function claimEvents(transaction: Transaction, entries: readonly LogEntry[]): Promise<Map<string, string>> {
  const firsts = new Map<string, Claim>();
  for (const { sourceId, eventKey, id } of entries) {
    if (eventKey === null) continue;
    const claim = { sourceId, eventKey, messageId: id };
    if (!firsts.has(claimName(claim))) firsts.set(claimName(claim), claim);
  }
  const claims = [...firsts.values()].sort((a, b) => a.sourceId - b.sourceId || (a.eventKey < b.eventKey ? -1 : 1));
  const won = await insertClaims(transaction, claims);
  const holders = new Map(claims.map((claim) => [claimName(claim), claim.messageId]));
  if (won.length < claims.length) {
    const wonNames = new Set(won.map(claimName));
    const lost = claims.filter((claim) => !wonNames.has(claimName(claim)));
    for (const held of await readClaims(transaction, lost)) holders.set(claimName(held), held.messageId);
  }
  const duplicates = new Map<string, string>();
  for (const { sourceId, eventKey, id } of entries) {
    const holder = eventKey === null ? id : (holders.get(claimName({ sourceId, eventKey })) ?? id);
    if (holder !== id) duplicates.set(id, holder);
  }
  return duplicates;
}

async function insertClaims(transaction: Transaction, claims: readonly Claim[]): Promise<Omit<Claim, 'messageId'>[]> {
  return transaction<Omit<Claim, 'messageId'>[]>`
    insert into event_keys (source_id, event_key, message_id)
    select source_id, decode(event_key, 'hex'), message_id
      from unnest(
             ${claims.map((claim) => claim.sourceId)}::int[],
             ${claims.map((claim) => claim.eventKey)}::text[],
             ${claims.map((claim) => claim.messageId)}::uuid[]
           ) as claim (source_id, event_key, message_id)
     order by source_id, event_key
    on conflict do nothing
    returning source_id as "sourceId", encode(event_key, 'hex') as "eventKey"`;
}

async function readClaims(transaction: Transaction, claims: readonly Claim[]): Promise<Claim[]> {
  return transaction<Claim[]>`
    select k.source_id as "sourceId", encode(k.event_key, 'hex') as "eventKey", k.message_id as "messageId"
      from unnest(
             ${claims.map((claim) => claim.sourceId)}::int[],
             ${claims.map((claim) => claim.eventKey)}::text[]
           ) as lost (source_id, event_key)
      join lateral (
             select * from event_keys e
              where e.source_id = lost.source_id and e.event_key = decode(lost.event_key, 'hex')
           ) as k on true`;
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
        event_id, event_type, verification, verification_reason, verification_detail, duplicate_of, origin)
      select to_timestamp(e.received_ms / 1000.0), e.id, e.source_id, e.method, e.path, e.query,
             convert_from(substring(blob from e.headers_from for e.header_bytes), 'UTF8')::json,
             e.content_type, e.remote_ip,
             case when e.is_json = 1 then convert_from(substring(blob from e.body_from for e.body_bytes), 'UTF8')::json end,
             case when e.is_json = 0 and e.dropped = 0 then substring(raw from e.body_from for e.body_bytes) end,
             e.dropped = 1, e.queryable = 1, e.size, decode(e.sha256, 'hex'),
             e.event_id, e.event_type, e.verification::verification_status, e.reason, e.detail::jsonb, e.duplicate_of, e.origin
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
          ${column((e) => duplicates.get(e.id) ?? null)}::uuid[], ${column((e) => e.origin)}::text[]
        ) as e (received_ms, id, source_id, method, path, query, headers_from, header_bytes, body_from, body_bytes,
                content_type, remote_ip, is_json, dropped, queryable, size, sha256, event_id, event_type,
                verification, reason, detail, duplicate_of, origin)
    )
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, lease_token, leased_until)
    select d.id, d.message_id, d.source_id, d.destination_id, now(),
           case when d.leased = 1 then ${leaseToken}::uuid end,
           case when d.leased = 1 then now() + ${LEASE_SECONDS} * interval '1 second' end
      from unnest(
        ${deliveries.map((d) => d.id)}::uuid[], ${deliveries.map((d) => d.entry.id)}::uuid[],
        ${deliveries.map((d) => d.entry.sourceId)}::int[], ${deliveries.map((d) => d.destinationId)}::int[],
        ${deliveries.map((d) => Number(d.leased))}::int[]
      ) as d (id, message_id, source_id, destination_id, leased)`;
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
