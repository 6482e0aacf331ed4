// Re-delivery by a person or the API, and its preview. A message that was not received valid at the door never
// reaches a handler this way: it can be previewed, and sent to HTTP destinations.

import { previewOf, type Preview, type PreviewParts } from './preview.ts';
import { requeue } from './requeue.ts';
import { findTargets, notReceivedValid, wasReceivedValid, type Before, type Target } from './targets.ts';
import type { StoredMessage } from './work.ts';

export interface RedeliverParts extends PreviewParts {
  newDeliveryId(messageId: string): string;
  nudge(): void;
}

export interface RedeliverOptions {
  /** Only to this destination; without it to all that the message has gone or would go to. */
  destinationId?: number;
}

export type Redelivered =
  /** `before`: what the delivery was until now; null for one that was made just now. */
  | { deliveries: { id: string; before: Before | null }[] }
  | { refused: 'not_found' | 'no_destination' | 'not_received_valid'; message: string };

/** Makes redeliver() and preview(), and what jobs need to do the same for many. */
export function createRedelivery(parts: RedeliverParts) {
  const { web } = parts.database;
  return {
    redeliver: (messageId: string, options: RedeliverOptions = {}) => redeliver(parts, messageId, options),
    preview: (messageId: string, options: RedeliverOptions = {}) => preview(parts, messageId, options),
    previewOf: (message: StoredMessage, target: Target) => previewOf(parts, message, target),
    /** Of messages that are few and small enough to be held in memory. */
    targets: (ids: readonly string[], { destinationId }: RedeliverOptions = {}) =>
      findTargets(web, parts, { ids, destinationId })
  };
}

async function redeliver(parts: RedeliverParts, messageId: string, options: RedeliverOptions): Promise<Redelivered> {
  const found = await find(parts, messageId, options);
  if (!found) return { refused: 'not_found', message: `There is no message ${messageId}.` };
  const { message, targets } = found;
  const allowed = targets.filter((target) => target.handler === null || wasReceivedValid(message));
  if (allowed.length === 0) {
    if (targets.length === 0) return refuseNoDestination(message, options);
    return { refused: 'not_received_valid', message: notReceivedValid(message) };
  }
  const deliveries = allowed.map(({ destinationId, deliveryId, before, orderKey }) => ({
    ...{ deliveryId: deliveryId ?? parts.newDeliveryId(message.id), destinationId, before, orderKey },
    ...{ messageId: message.id, sourceId: message.source.id }
  }));
  await parts.database.web.begin((transaction) => requeue(transaction, deliveries));
  parts.nudge();
  return { deliveries: deliveries.map(({ deliveryId, before }) => ({ id: deliveryId, before })) };
}

async function preview(parts: RedeliverParts, messageId: string, options: RedeliverOptions): Promise<Preview[] | null> {
  const found = await find(parts, messageId, options);
  if (!found) return null;
  const previews: Preview[] = [];
  for (const target of found.targets) previews.push(await previewOf(parts, found.message, target));
  return previews;
}

async function find(parts: RedeliverParts, messageId: string, { destinationId }: RedeliverOptions) {
  const found = await findTargets(parts.database.web, parts, { ids: [messageId], destinationId });
  return found.get(messageId) ?? null;
}

function refuseNoDestination(message: StoredMessage, { destinationId }: RedeliverOptions): Redelivered {
  const event = message.event.type ?? 'without an event type';
  const to = destinationId === undefined ? '' : ` with the id ${destinationId}`;
  return {
    refused: 'no_destination',
    message: `No destination${to} takes this message (${event}). Connect ${message.source.slug} to a destination first.`
  };
}
