// Where messages go when they are delivered again: the deliveries they have, and for connections without one a new one.

import type { DeliveryStatus } from '#lib/inbox/types.ts';
import type { Sql } from '#lib/server/database/connect.ts';
import type { RoutedConnection, RoutedDestination } from '#lib/server/routing/types.ts';
import { matchesMessage, type FilteredMessage } from './filter.ts';
import type { HandlerDefinition } from './handler.ts';
import { loadMessages, type MessageParts } from './load.ts';
import { orderKeyOf } from './order.ts';
import type { StoredMessage } from './work.ts';

export interface TargetParts extends MessageParts {
  destinationById(id: number): RoutedDestination | null;
  handlerOf(name: string): HandlerDefinition<unknown> | null;
}

/** What a delivery is before it goes again. */
export interface Before {
  status: DeliveryStatus;
  attemptCount: number;
}

export interface Target {
  destinationId: number;
  name: string;
  /** null: an HTTP destination. */
  handler: string | null;
  url: string | null;
  /** null: there is none yet. */
  deliveryId: string | null;
  before: Before | null;
  /** A connection of its source leads the message there now. */
  connected: boolean;
  /** Of one that is new, see order.ts: what was over before has lost its place in the order. */
  orderKey: string | null;
}

export interface TargetedMessage {
  message: StoredMessage;
  targets: Target[];
}

interface Destination {
  id: number;
  name: string;
  handler: string | null;
  url: string | null;
}

interface Existing {
  id: string;
  messageId: string;
  destinationId: number;
  status: DeliveryStatus;
  attemptCount: number;
}

/**
 * The messages of these ids with their targets; one that is erased is missing.
 * @param destinationId only this one. An HTTP destination is a target also of messages that no connection leads there;
 *   a handler is not: what may change balances is decided by who makes connections.
 */
export async function findTargets(
  sql: Sql,
  parts: TargetParts,
  { ids, destinationId }: { ids: readonly string[]; destinationId?: number | undefined }
): Promise<Map<string, TargetedMessage>> {
  const [messages, existing] = await Promise.all([loadMessages(sql, ids, parts), deliveriesOf(sql, ids)]);
  const connected = new Map([...messages.values()].map((message) => [message.id, connectionsOf(parts, message)]));
  const wanted = [
    ...existing.map((delivery) => delivery.destinationId),
    ...[...connected.values()].flat(),
    ...(destinationId === undefined ? [] : [destinationId])
  ];
  const destinations = await readDestinations(sql, wanted);
  const byMessage = Map.groupBy(existing, ({ messageId }) => messageId);
  return new Map(
    [...messages].map(([id, message]) => {
      const known = { deliveries: byMessage.get(id) ?? [], connections: new Set(connected.get(id)) };
      const targets = targetsOf(known, destinations, destinationId);
      return [id, { message, targets: targets.map((target) => inOrder(parts, message, target)) }];
    })
  );
}

function targetsOf(
  { deliveries, connections }: { deliveries: readonly Existing[]; connections: ReadonlySet<number> },
  destinations: ReadonlyMap<number, Destination>,
  only: number | undefined
): Omit<Target, 'orderKey'>[] {
  const had = new Set(deliveries.map((delivery) => delivery.destinationId));
  const asked = only !== undefined && destinations.get(only)?.handler === null ? [only] : [];
  const fresh = [...new Set([...connections, ...asked])].filter((id) => !had.has(id));
  const all = [
    ...deliveries.map(({ id, destinationId, status, attemptCount }) => ({
      ...{ destinationId, deliveryId: id, before: { status, attemptCount } }
    })),
    ...fresh.map((id) => ({ destinationId: id, deliveryId: null, before: null }))
  ];
  return all
    .filter(({ destinationId }) => only === undefined || destinationId === only)
    .flatMap((target) => {
      const destination = destinations.get(target.destinationId);
      if (!destination) return [];
      const { name, handler, url } = destination;
      return [{ ...target, name, handler, url, connected: connections.has(target.destinationId) }];
    });
}

function inOrder({ destinationById }: TargetParts, message: StoredMessage, target: Omit<Target, 'orderKey'>): Target {
  const destination = target.deliveryId === null ? destinationById(target.destinationId) : null;
  return { ...target, orderKey: destination && orderKeyOf(destination, message.source.id, filteredOf(message)) };
}

const filteredOf = (message: StoredMessage): FilteredMessage => ({
  ...{ eventType: message.event.type, headers: message.headers },
  payload: () => message.payload
});

/** Destinations of connections that pass the message; of those to handlers only where the handler wants its event. */
function connectionsOf({ sourceById, handlerOf }: TargetParts, message: StoredMessage): number[] {
  const connections = sourceById(message.source.id)?.connections ?? [];
  const filtered = filteredOf(message);
  return connections
    .filter(
      (connection: RoutedConnection) =>
        // What somebody made by editing goes where they say, and no further by itself.
        (message.origin !== 'edited' || connection.handler !== null) &&
        matchesMessage(connection, connection.handler === null ? null : handlerOf(connection.handler), filtered)
    )
    .map((connection) => connection.destinationId);
}

/** A message's deliveries are one short range of ids; laterally, so that each is looked up in its own partition. */
async function deliveriesOf(sql: Sql, messageIds: readonly string[]): Promise<Existing[]> {
  return sql<Existing[]>`
    select d.id, d.message_id as "messageId", d.destination_id as "destinationId", d.status,
           d.attempt_count as "attemptCount"
      from unnest(${[...new Set(messageIds)]}::uuid[]) as m (id)
      cross join lateral (
        select q.id, q.message_id, q.destination_id, q.status, q.attempt_count from delivery_queue q
         where q.id between (left(m.id::text, 13) || '-0000-0000-000000000000')::uuid
                        and (left(m.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid and q.message_id = m.id
        union all
        select r.id, r.message_id, r.destination_id, r.status, r.attempt_count from delivery_results r
         where r.id between (left(m.id::text, 13) || '-0000-0000-000000000000')::uuid
                        and (left(m.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid and r.message_id = m.id
      ) d
     order by d.id`;
}

async function readDestinations(sql: Sql, ids: readonly number[]): Promise<Map<number, Destination>> {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return new Map();
  const rows = await sql<Destination[]>`select id, name, handler, url from destinations where id in ${sql(distinct)}`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** Valid at the door, or of a source that verifies nothing by choice; and sent by its sender, not made here. */
export function wasReceivedValid(message: StoredMessage): boolean {
  return message.origin === 'received' && (message.verification === 'valid' || message.verification === 'none');
}

/** Why handlers refuse a message. */
export function notReceivedValid(message: StoredMessage): string {
  const what =
    message.origin === 'received'
      ? `was received as ${message.verification}`
      : `is a message of kind "${message.origin}"`;
  return `The message ${what}: handlers take only what was received valid. It can be previewed or sent to an HTTP destination.`;
}
