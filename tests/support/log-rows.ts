// Rows of the log as the door and the worker would have written them, for tests of what reads it.

import { createHash } from 'node:crypto';
import type { DeliveryStatus, MessageSummary, VerificationStatus } from '#lib/inbox/types.ts';
import type { Sql } from '#lib/server/database/connect.ts';
import { holdDestination } from '#lib/server/deliver/holding.ts';

export interface LogRow {
  /** Milliseconds since 1970. */
  at: number;
  /** Tells rows of one millisecond apart, and orders them: 0 to 4095. */
  sequence: number;
  sourceId: number;
  body: Buffer;
  isJson: boolean;
  eventId?: string | null;
  eventType?: string | null;
  path?: string;
  verification?: VerificationStatus;
  origin?: MessageSummary['origin'];
  deliveries?: readonly { destinationId: number; status: DeliveryStatus }[];
  /** Written to messages_kept: its partition was dropped. */
  kept?: boolean;
}

/** A uuidv7 of this millisecond; the kind keeps messages and deliveries apart. */
function idAt(at: number, sequence: number, kind: number): string {
  const hex = at.toString(16).padStart(12, '0');
  const tail = (kind * 4096 + sequence).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-8000-${tail}`;
}

const DEFAULTS = {
  eventId: null,
  eventType: null,
  path: '',
  verification: 'valid',
  origin: 'received',
  deliveries: [],
  kept: false
} as const satisfies Partial<LogRow>;

/** Writes one row with its deliveries. @returns the ids */
export async function insertRow(sql: Sql, given: LogRow): Promise<{ id: string; deliveryIds: string[] }> {
  const row = { ...DEFAULTS, ...given };
  const id = idAt(row.at, row.sequence, 0);
  const text = row.isJson ? row.body.toString() : null;
  await sql`
    insert into ${sql(row.kept ? 'messages_kept' : 'messages')}
      (received_at, id, source_id, method, path, query, headers, content_type, remote_ip, payload, body, json_queryable,
       size, body_sha256, event_id, event_type, verification, verification_reason, origin)
    values
      (${new Date(row.at)}, ${id}, ${row.sourceId}, 'POST', ${row.path}, '', '[["X-Test","1"],["x-test","2"]]',
       'application/json', '192.0.2.1', ${text}::text::json, ${row.isJson ? null : row.body}, false, ${row.body.length},
       ${createHash('sha256').update(row.body).digest()}, ${row.eventId}, ${row.eventType},
       ${row.verification}, ${row.verification === 'invalid' ? 'No secret fits.' : null},
       ${row.origin})`;
  const deliveries = row.deliveries.map((delivery, index) => ({
    ...delivery,
    id: idAt(row.at, row.sequence, index + 1)
  }));
  for (const delivery of deliveries) await insertDelivery(sql, { ...delivery, messageId: id, sourceId: row.sourceId });
  return { id, deliveryIds: deliveries.map((delivery) => delivery.id) };
}

async function insertDelivery(
  sql: Sql,
  delivery: { id: string; messageId: string; sourceId: number; destinationId: number; status: DeliveryStatus }
): Promise<void> {
  const { id, messageId, sourceId, destinationId, status } = delivery;
  if (status === 'pending' || status === 'held') {
    await sql`
      insert into delivery_queue (id, message_id, source_id, destination_id, due_at)
      values (${id}, ${messageId}, ${sourceId}, ${destinationId}, now())`;
    // And with it whatever else waits for this destination.
    if (status === 'held') await holdDestination(sql, destinationId, { reason: 'It broke.', pauseSeconds: 0 });
    return;
  }
  await sql`
    insert into delivery_results (id, message_id, source_id, destination_id, status, attempt_count, version, last_error)
    values (${id}, ${messageId}, ${sourceId}, ${destinationId}, ${status}, 1, 2, ${status === 'failed' ? 'It broke.' : null})`;
}
