// What a line of the inbox says about its message.

import { visibleLine } from './format.ts';
import type { MessageStatus, MessageSummary } from './types.ts';

/** What the row's icon and word tell: why nothing was done comes before what was. */
export type RowStatus = MessageStatus | 'duplicate' | 'invalid' | 'verifying';

export function rowStatus(message: Pick<MessageSummary, 'verification' | 'duplicate_of' | 'status'>): RowStatus {
  if (message.verification.status === 'invalid') return 'invalid';
  if (message.verification.status === 'pending') return 'verifying';
  return message.duplicate_of !== null && message.status === 'none' ? 'duplicate' : message.status;
}

/** "payment_intent.succeeded"; for a message without an event, its request: "GET /hook". */
export function rowTitle(message: Pick<MessageSummary, 'event_type' | 'method' | 'path'>): string {
  return visibleLine(message.event_type ?? `${message.method} ${message.path || '/'}`);
}

/** The second thing to know: what is wrong with it, else which event it carries, else what it is. */
export function rowDetail(message: MessageSummary): string {
  if (message.verification.status === 'invalid') return visibleLine(message.verification.reason ?? '');
  if (message.event_id !== null) return visibleLine(message.event_id);
  const place = message.event_type === null ? '' : message.path;
  const query = message.query === '' ? '' : `?${message.query}`;
  return visibleLine(`${place}${query}`) || visibleLine(message.content_type ?? 'no content type');
}

/** How a message came to be, where it was not simply received. */
export const ORIGIN_WORDS: Record<Exclude<MessageSummary['origin'], 'received'>, string> = {
  test: 'test',
  edited: 'edited',
  imported: 'imported',
  handshake: 'handshake'
};
