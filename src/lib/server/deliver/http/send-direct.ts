// Requests of our own to a destination, as a delivery would make them, for messages that are not in the log: tests.

import { randomUUID } from 'node:crypto';
import type { StoredMessage } from '../work.ts';
import { readTarget, type TargetParts } from './target.ts';
import { tryOnce, type Tried, type TryParts } from './try.ts';

const NO_SOURCE: StoredMessage['source'] = { id: 0, slug: 'test', provider: 'none', options: {} };

export interface DirectMessage {
  id: string;
  /** `holdfast.test` */
  type: string;
  /** Sent as JSON. */
  data: Record<string, unknown>;
}

/** @returns null when there is no such HTTP destination */
export type SendDirect = (destinationId: number, message: DirectMessage) => Promise<Tried | null>;

/** Makes what sends a message of our own once, whatever comes of it. */
export function createSendDirect(parts: TargetParts & TryParts): SendDirect {
  return async (destinationId, message) => {
    const target = await readTarget(parts, destinationId);
    return target && tryOnce(parts, target, { message: storedMessage(message, parts.clock()), number: 1 });
  };
}

/** A message that says it is a test, and nothing else. */
export const newTest = (): DirectMessage => ({
  ...{ id: `test_${randomUUID()}`, type: 'holdfast.test' },
  data: { message: 'A test from Holdfast. Nothing has happened; answer with 2xx.' }
});

function storedMessage({ id, type, data }: DirectMessage, now: number): StoredMessage {
  return messageOfOurs({ id, type, body: { type, timestamp: new Date(now).toISOString(), data } }, now);
}

/** As if it had come in, from nowhere. */
export function messageOfOurs(
  { id, type, body }: { id: string; type: string; body: object },
  now: number
): StoredMessage {
  return {
    ...{ id, receivedAt: new Date(now), source: NO_SOURCE, method: 'POST', path: '/in/test', query: '' },
    ...{ contentType: 'application/json', payload: undefined, event: { id: null, type } },
    ...{ headers: [['content-type', 'application/json']], verification: 'none', origin: 'test' },
    body: Buffer.from(JSON.stringify(body))
  };
}
