// A filter tried on what a source has received lately: what would have passed, and what there is to filter by.

import type { ConnectionFilter } from '#lib/inbox/connection-filter.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { passes, type FilteredMessage } from '#lib/server/deliver/filter.ts';
import { loadMessages } from '#lib/server/deliver/load.ts';
import type { StoredMessage } from '#lib/server/deliver/work.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import { payloadOf } from './way.ts';

export interface TrialParts {
  database: Database;
  routing: Pick<Routing, 'sourceById'>;
}

export interface Trial {
  matched: number;
  of: number;
  /** Too large to be looked into. */
  skipped: number;
  examples: { id: string; event_type: string | null; matched: boolean }[];
}

/** Newest first, and the bytes of them that are read. */
interface Sample {
  messages: StoredMessage[];
  skipped: number;
}

const SAMPLE_MESSAGES = 100;
/** How far back it is looked for that many: a source may have been sent nothing valid for long. */
const LOOKED_AT = 2000;
const MAX_MESSAGE_BYTES = 128 * 1024;
const MAX_SAMPLE_BYTES = 2 * 1024 * 1024;
const EXAMPLES = 10;

/** How many of the source's newest messages would have passed. */
export async function tryFilter(parts: TrialParts, sourceId: number, filter: ConnectionFilter | null): Promise<Trial> {
  const { messages, skipped } = await sampleOf(parts, sourceId);
  const tried = messages.map((message) => ({
    ...{ id: message.id, event_type: message.event.type },
    matched: passes(filter, filteredOf(message))
  }));
  return {
    matched: tried.filter(({ matched }) => matched).length,
    of: tried.length,
    skipped,
    examples: tried.slice(0, EXAMPLES)
  };
}

/** The newest messages that connections of the source were asked about, within a budget of bytes. */
export async function sampleOf({ database, routing }: TrialParts, sourceId: number): Promise<Sample> {
  const sql = database.web;
  const rows = await sql<{ id: string; fits: boolean }[]>`
    select id, size <= ${MAX_MESSAGE_BYTES}
               and sum(size) filter (where size <= ${MAX_MESSAGE_BYTES}) over (order by received_at desc, id desc)
                   <= ${MAX_SAMPLE_BYTES} as fits
      from (
        select id, received_at, size from (
          select id, received_at, size, verification, origin from messages
           where source_id = ${sourceId} order by received_at desc, id desc limit ${LOOKED_AT}
        ) newest
         where verification in ('valid', 'none') and origin not in ('handshake', 'edited')
         order by received_at desc, id desc limit ${SAMPLE_MESSAGES}
      ) delivered
     order by received_at desc, id desc`;
  const ids = rows.flatMap(({ id, fits }) => (fits ? [id] : []));
  const loaded = await loadMessages(sql, ids, { sourceById: routing.sourceById, payloadOf });
  const messages = ids.flatMap((id) => loaded.get(id) ?? []);
  return { messages, skipped: rows.length - messages.length };
}

function filteredOf(message: StoredMessage): FilteredMessage {
  return { eventType: message.event.type, headers: message.headers, payload: () => message.payload };
}
