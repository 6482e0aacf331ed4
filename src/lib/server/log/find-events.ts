// Reading the log: which events of a source have arrived, by the ids that their provider gives them.

import { createHash } from 'node:crypto';
import type { Database } from '#lib/server/database/connect.ts';
import { allMessages, loadSummaries } from './summaries.ts';

export interface FoundEvent {
  /** invalid: it came, and was not accepted. imported: it never came, and was fetched. */
  state: 'arrived' | 'imported' | 'invalid';
  /** null: its message was erased or pruned. */
  messageId: string | null;
}

/**
 * Looks for events of a source, first among those that were claimed (an index), then, for the rest, among its messages.
 * @param since messages before this time are not looked at, milliseconds since 1970
 * @returns by event id; what was not found is left out
 */
export async function findEvents(
  database: Database,
  sourceId: number,
  { eventIds, since }: { eventIds: readonly string[]; since: number }
): Promise<Map<string, FoundEvent>> {
  const found = await findClaimed(database, sourceId, eventIds);
  const rest = eventIds.filter((id) => !found.has(id));
  const inMessages = await findInMessages(database, sourceId, { eventIds: rest, since });
  return new Map([...found, ...inMessages]);
}

async function findClaimed({ web, ...database }: Database, sourceId: number, eventIds: readonly string[]) {
  const keys = new Map(eventIds.map((id) => [createHash('sha256').update(id).digest('hex'), id]));
  const claims = await web<{ key: string; message_id: string }[]>`
    select encode(event_key, 'hex') as key, message_id from event_keys
     where source_id = ${sourceId}
       and event_key in (select decode(hex, 'hex') from unnest(${[...keys.keys()]}::text[]) as asked (hex))`;
  const ids = claims.map((claim) => claim.message_id);
  const known = new Set((await loadSummaries({ web, ...database }, ids)).map(({ id }) => id));
  return new Map<string, FoundEvent>(
    claims.map(({ key, message_id: id }) => [
      keys.get(key) ?? '',
      { state: 'arrived', messageId: known.has(id) ? id : null }
    ])
  );
}

/** The best of an event's messages counts: one that was accepted, else one that was fetched, else one that was not. */
async function findInMessages(
  { web }: Database,
  sourceId: number,
  { eventIds, since }: { eventIds: readonly string[]; since: number }
): Promise<Map<string, FoundEvent>> {
  if (eventIds.length === 0) return new Map();
  const rows = await web<{ event_id: string; message_id: string; state: FoundEvent['state'] }[]>`
    with found as (
      select m.event_id, m.id,
             case when m.origin = 'imported' then 'imported' when m.verification = 'invalid' then 'invalid'
                  else 'arrived' end as state
        from ${allMessages(web)} m
       where m.source_id = ${sourceId} and m.received_at >= ${new Date(since)}
         and m.event_id = any(${[...eventIds]}::text[]) and m.origin in ('received', 'handshake', 'imported')
    )
    select distinct on (event_id) event_id, id as message_id, state from found
     order by event_id, array_position(array['arrived', 'imported', 'invalid'], state), id`;
  return new Map(rows.map(({ event_id: id, message_id: messageId, state }) => [id, { state, messageId }]));
}
