// Who is the first message of an event: claimed with the batch that logs it, or when an invalid one is mended.

import type { Transaction } from '#lib/server/database/connect.ts';
import type { LogEntry } from './entry.ts';

/** A message that may be the first of its event; `eventKey` null: it claims none. */
export type Claimant = Pick<LogEntry, 'id' | 'sourceId' | 'eventKey'>;

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
export async function claimEvents(
  transaction: Transaction,
  entries: readonly Claimant[]
): Promise<Map<string, string>> {
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
