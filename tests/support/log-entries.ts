// Entries for the log as the door would make them, without a door.

import { createHash } from 'node:crypto';
import { readPayload } from '#lib/server/door/payload.ts';
import type { LogEntry } from '#lib/server/log/entry.ts';
import { createMessageIds } from '#lib/server/log/ids.ts';

const nextId = createMessageIds(Date.now);

/** A valid message with this body; what is given replaces what it would have. */
export function logEntry(body: string | Buffer, given: Partial<LogEntry> = {}): LogEntry {
  const bytes = Buffer.from(body);
  const payload = readPayload(bytes);
  return {
    ...nextId(),
    ...{ sourceId: 1, method: 'POST', path: '', query: '', headers: [['Content-Type', 'application/json']] },
    ...{ contentType: 'application/json', remoteIp: '127.0.0.1', body: bytes, bodyDropped: false },
    ...{ isJson: payload.isJson, jsonQueryable: payload.queryable, eventId: null, eventType: null, eventKey: null },
    verification: { status: 'valid', reason: null, detail: null },
    origin: 'received',
    editedFrom: null,
    deliveries: [],
    ...given
  };
}

/** As `logEntry`, claiming an event. */
export function eventEntry(eventId: string, given: Partial<LogEntry> = {}): LogEntry {
  const eventKey = createHash('sha256').update(eventId).digest('hex');
  return logEntry(JSON.stringify({ id: eventId }), { eventId, eventKey, ...given });
}
