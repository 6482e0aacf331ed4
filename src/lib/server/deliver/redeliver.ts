// Re-delivery by a person or the API, and its preview. A message that was not received valid at the door never
// reaches a handler this way: it can be previewed, and sent to HTTP destinations.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Effect } from '#lib/inbox/types.ts';
import { matchesMessage } from './filter.ts';
import type { HandlerContext, HandlerDefinition } from './handler.ts';
import { loadMessages, type MessageParts } from './load.ts';
import { collecting } from './run-handlers.ts';
import type { RoutedConnection } from '#lib/server/routing/types.ts';
import type { StoredMessage } from './work.ts';

export interface RedeliverParts extends MessageParts {
  database: Database;
  handlerOf(name: string): HandlerDefinition<unknown> | null;
  contextOf(message: StoredMessage, signal: AbortSignal): HandlerContext;
  newDeliveryId(messageId: string): string;
  nudge(): void;
}

export interface RedeliverOptions {
  /** Only to this destination; without it to all that the message has gone or would go to. */
  destinationId?: number;
}

export type Redelivered =
  | { deliveries: { id: string }[] }
  | { refused: 'not_found' | 'no_destination' | 'not_received_valid'; message: string };

/** What one destination would do. Nothing of it was applied. */
export interface Preview {
  destination: { id: number; name: string };
  outcome: string;
  summary: string;
  effects: Effect[];
}

interface Target {
  destinationId: number;
  name: string;
  handler: string | null;
  url: string | null;
  deliveryId: string | null;
}

const PREVIEW_TIMEOUT_MS = 10_000;

/** Makes redeliver() and preview(). */
export function createRedelivery(parts: RedeliverParts) {
  return {
    redeliver: (messageId: string, options: RedeliverOptions = {}) => redeliver(parts, messageId, options),
    preview: (messageId: string, options: RedeliverOptions = {}) => preview(parts, messageId, options)
  };
}

async function redeliver(parts: RedeliverParts, messageId: string, options: RedeliverOptions): Promise<Redelivered> {
  const found = await find(parts, messageId, options);
  if (!found) return { refused: 'not_found', message: `There is no message ${messageId}.` };
  const { message, targets } = found;
  const allowed = targets.filter((target) => target.handler === null || wasReceivedValid(message));
  if (allowed.length === 0) return targets.length > 0 ? refuseNotValid(message) : refuseNoDestination(message, options);
  const ids = await parts.database.web.begin(async (transaction) => {
    const queued: string[] = [];
    for (const target of allowed) {
      const id = target.deliveryId ?? parts.newDeliveryId(message.id);
      await requeue(transaction, message, { ...target, deliveryId: id });
      queued.push(id);
    }
    return queued;
  });
  parts.nudge();
  return { deliveries: ids.map((id) => ({ id })) };
}

async function requeue(transaction: Transaction, message: StoredMessage, target: Target): Promise<void> {
  await transaction`
    with over as (delete from delivery_results where id = ${target.deliveryId} returning *), known as (
      select attempt_count, version, last_error from over
      union all select 0, 0, null where not exists (select from over)
    )
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, attempt_count, version, last_error)
    select ${target.deliveryId}::uuid, ${message.id}::uuid, ${message.source.id}::int, ${target.destinationId}::int, now(),
           attempt_count, version + 1, last_error
      from known
    on conflict (id) do update
      set due_at = now(), status = 'pending', version = delivery_queue.version + 1`;
}

async function preview(parts: RedeliverParts, messageId: string, options: RedeliverOptions): Promise<Preview[] | null> {
  const found = await find(parts, messageId, options);
  if (!found) return null;
  const previews: Preview[] = [];
  for (const target of found.targets) previews.push(await previewOf(parts, found.message, target));
  return previews;
}

async function previewOf(parts: RedeliverParts, message: StoredMessage, target: Target): Promise<Preview> {
  const destination = { id: target.destinationId, name: target.name };
  if (target.handler === null) {
    const summary = `Would send ${message.body.length} bytes to ${target.url ?? ''}.`;
    return {
      destination,
      outcome: 'would_send',
      summary,
      effects: [{ kind: 'http_request', summary, url: target.url }]
    };
  }
  const handler = parts.handlerOf(target.handler);
  if (!handler)
    return { destination, outcome: 'error', summary: `There is no handler ${target.handler}.`, effects: [] };
  const dry = await dryRun(parts, handler, message);
  if (wasReceivedValid(message)) return { destination, ...dry };
  return { destination, ...dry, outcome: 'refused', summary: `${dry.summary} ${refuseNotValid(message).message}` };
}

async function dryRun(
  { database, contextOf }: RedeliverParts,
  handler: HandlerDefinition<unknown>,
  message: StoredMessage
): Promise<Omit<Preview, 'destination'>> {
  const event = { id: message.event.id, type: message.event.type ?? '' };
  const signal = AbortSignal.timeout(PREVIEW_TIMEOUT_MS);
  try {
    const prepared = await handler.prepare?.(message, event, contextOf(message, signal));
    return await rolledBack(database.web, async (sql) => {
      const { outcome, summary, effects } = await handler.apply(collecting(sql).transaction, message, event, prepared);
      return { outcome, summary, effects };
    });
  } catch (error) {
    return { outcome: 'error', summary: error instanceof Error ? error.message : String(error), effects: [] };
  }
}

async function find(parts: RedeliverParts, messageId: string, { destinationId }: RedeliverOptions) {
  const { web } = parts.database;
  const message = (await loadMessages(web, [messageId], parts)).get(messageId);
  if (!message) return null;
  const targets = await targetsOf(web, message, connectionsOf(parts, message));
  return { message, targets: targets.filter((t) => destinationId === undefined || t.destinationId === destinationId) };
}

/** Connections that pass the message; those to handlers only when the handler wants its event. */
function connectionsOf({ sourceById, handlerOf }: RedeliverParts, message: StoredMessage): RoutedConnection[] {
  const connections = sourceById(message.source.id)?.connections ?? [];
  const filtered = { eventType: message.event.type, headers: message.headers, payload: () => message.payload };
  return connections.filter((connection) =>
    matchesMessage(connection, connection.handler === null ? null : handlerOf(connection.handler), filtered)
  );
}

/** Runs in a transaction and takes everything back. */
async function rolledBack<T>(sql: Sql, run: (transaction: Transaction) => Promise<T>): Promise<T> {
  const undo = new Error('rolled back on purpose');
  const results: T[] = [];
  try {
    await sql.begin(async (transaction) => {
      results.push(await run(transaction));
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  const [result] = results;
  if (result === undefined) throw undo;
  return result;
}

/** Valid at the door, or of a source that verifies nothing by choice; and sent by its sender, not made here. */
function wasReceivedValid(message: StoredMessage): boolean {
  return message.origin === 'received' && (message.verification === 'valid' || message.verification === 'none');
}

function refuseNotValid(message: StoredMessage): Extract<Redelivered, { refused: string }> {
  const what =
    message.origin === 'received'
      ? `was received as ${message.verification}`
      : `is a message of kind "${message.origin}"`;
  return {
    refused: 'not_received_valid',
    message: `The message ${what}: handlers take only what was received valid. It can be previewed or sent to an HTTP destination.`
  };
}

function refuseNoDestination(message: StoredMessage, { destinationId }: RedeliverOptions): Redelivered {
  const event = message.event.type ?? 'without an event type';
  const to = destinationId === undefined ? '' : ` with the id ${destinationId}`;
  return {
    refused: 'no_destination',
    message: `No destination${to} takes this message (${event}). Connect ${message.source.slug} to a destination first.`
  };
}

/** Deliveries that exist, and for connections without one a new one. */
async function targetsOf(
  sql: Sql,
  message: StoredMessage,
  connections: readonly RoutedConnection[]
): Promise<Target[]> {
  const prefix = message.id.slice(0, 13);
  const existing = await sql<Target[]>`
    select d.destination_id as "destinationId", t.name, t.handler, t.url, d.id as "deliveryId"
      from deliveries d join destinations t on t.id = d.destination_id
     where d.id between ${`${prefix}-0000-0000-000000000000`} and ${`${prefix}-ffff-ffff-ffffffffffff`}
       and d.message_id = ${message.id}`;
  const missing = connections.map((c) => c.destinationId).filter((id) => !existing.some((t) => t.destinationId === id));
  if (missing.length === 0) return existing;
  const added = await sql<Target[]>`
    select id as "destinationId", name, handler, url, null as "deliveryId" from destinations where id in ${sql(missing)}`;
  return [...existing, ...added];
}
