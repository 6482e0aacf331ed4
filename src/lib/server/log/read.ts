// Reading the log: one message with everything about it.

import type { HeaderPair, MessageDetail } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { payloadText } from './body.ts';
import { deliveriesOfMessage } from './read-delivery.ts';
import { isUuid } from './read-ids.ts';
import { loadSummaries, messagesById, STATUSES_BY_RANK } from './summaries.ts';

/** A message without its payload: what a screen needs, which shows the text and never the parsed JSON. */
export type MessageEnvelope = Omit<MessageDetail, 'payload'> & {
  /** True when the body is JSON: then, and only then, there is a payload. */
  is_json: boolean;
};

interface DetailRow {
  headers: HeaderPair[];
  body_sha256: Buffer;
  body_dropped: boolean;
  is_json: boolean;
  verification_detail: Record<string, unknown> | null;
  edited_from: string | null;
}

/** One message but for its payload; null when there is none with this id. */
export async function readEnvelope(database: Database, id: string): Promise<MessageEnvelope | null> {
  if (!isUuid(id)) return null;
  const sql = database.web;
  const [[summary], [detail], deliveries] = await Promise.all([
    loadSummaries(database, [id]),
    sql<DetailRow[]>`
      select headers, body_sha256, body_dropped, payload is not null as is_json, verification_detail, edited_from
        from ${messagesById(sql, [id])}`,
    deliveriesOfMessage(database, id)
  ]);
  if (summary === undefined || detail === undefined) return null;
  return {
    ...summary,
    // Of the same moment as the deliveries below, whatever the summary saw.
    status: STATUSES_BY_RANK.find((status) => deliveries.some((delivery) => delivery.status === status)) ?? 'none',
    headers: detail.headers,
    body_sha256: detail.body_sha256.toString('hex'),
    body_dropped: detail.body_dropped,
    is_json: detail.is_json,
    edited_from: detail.edited_from,
    verification: { ...summary.verification, detail: detail.verification_detail },
    deliveries
  };
}

/** One message with its payload as JSON.parse gives it, so that big numbers are rounded: for code, not for screens. */
export async function readMessage(database: Database, id: string): Promise<MessageDetail | null> {
  const envelope = await readEnvelope(database, id);
  if (envelope === null) return null;
  const { is_json: _, ...message } = envelope;
  const text = await payloadText(database, id);
  const payload: unknown = text === null ? null : JSON.parse(text);
  return { ...message, payload };
}
