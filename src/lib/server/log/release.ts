// A stored message judged anew: its verdict is written, and what is now valid claims its event and gets its deliveries,
// in one transaction, as if it had come in valid.

import type { Database, Transaction } from '#lib/server/database/connect.ts';
import { claimEvents } from './claim.ts';
import { cleanOrNull } from './columns.ts';
import type { LogEntry } from './entry.ts';
import { receivedAtOf } from './read-ids.ts';

/** What a stored message turns out to be; deliveries are made only of one that is valid and the first of its event. */
export type Ruling = Pick<LogEntry, 'id' | 'sourceId' | 'eventId' | 'eventType' | 'eventKey' | 'verification'> & {
  deliveries: readonly { id: string; destinationId: number; orderKey: string | null }[];
};

/** What was written of one ruling. */
export interface Released {
  id: string;
  duplicateOf: string | null;
  deliveryIds: string[];
}

const TRIES_AFTER_DEADLOCK = 3;

/**
 * Writes rulings on messages that are `invalid` or `pending` and still have their body. Any other is left as it is: two
 * nodes that mend one message make its deliveries once. The caller nudges the worker and tells screens.
 * @returns one a message that was written
 */
export async function release({ web }: Database, rulings: readonly Ruling[]): Promise<Released[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await web.begin((transaction) => releaseWithin(transaction, rulings));
    } catch (error) {
      if (tries >= TRIES_AFTER_DEADLOCK || !isDeadlock(error)) throw error;
    }
  }
}

const isDeadlock = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '40P01';

/** As release(), in a transaction of the caller's, who tries again after a deadlock. */
export async function releaseWithin(transaction: Transaction, rulings: readonly Ruling[]): Promise<Released[]> {
  const open: Ruling[] = [];
  // In the order of ids: two of these over the same messages would else deadlock.
  for (const ruling of rulings.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (await lock(transaction, ruling.id)) open.push(ruling);
  }
  const valid = open.filter(({ verification }) => verification.status === 'valid');
  const duplicates = valid.length > 0 ? await claimEvents(transaction, valid) : new Map<string, string>();
  const released: Released[] = [];
  for (const ruling of open) {
    const duplicateOf = duplicates.get(ruling.id) ?? null;
    await update(transaction, ruling, duplicateOf);
    const deliveries = ruling.verification.status === 'valid' && duplicateOf === null ? ruling.deliveries : [];
    if (deliveries.length > 0) await insertDeliveries(transaction, { ...ruling, deliveries });
    released.push({ id: ruling.id, duplicateOf, deliveryIds: deliveries.map(({ id }) => id) });
  }
  return released;
}

/** A message waits in `messages`, or in `messages_kept` when its day was dropped meanwhile. */
const TABLES = ['messages', 'messages_kept'] as const;

/** Whoever waited for the lock sees the verdict of whoever had it. @returns whether there is something to rule on */
async function lock(transaction: Transaction, id: string): Promise<boolean> {
  let found = false;
  for (const table of TABLES) {
    const rows = await transaction`
      select 1 from ${transaction(table)}
       where received_at = ${receivedAtOf(id)} and id = ${id}
         and verification in ('invalid', 'pending') and not body_dropped and origin = 'received'
         for update`;
    found ||= rows.length > 0;
  }
  return found;
}

async function update(transaction: Transaction, ruling: Ruling, duplicateOf: string | null): Promise<void> {
  const { id, eventId, eventType, verification } = ruling;
  const detail = verification.detail === null ? null : JSON.stringify(verification.detail);
  for (const table of TABLES) {
    await transaction`
      update ${transaction(table)}
         set verification = ${verification.status}::text::verification_status,
             verification_reason = ${cleanOrNull(verification.reason)}, verification_detail = ${detail}::text::jsonb,
             event_id = ${cleanOrNull(eventId)}, event_type = ${cleanOrNull(eventType)}, duplicate_of = ${duplicateOf}
       where received_at = ${receivedAtOf(id)} and id = ${id}`;
  }
}

/** Nobody holds them: the first worker that looks takes them. */
async function insertDeliveries(transaction: Transaction, { id, sourceId, deliveries }: Ruling): Promise<void> {
  await transaction`
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, order_key)
    select d.id, ${id}::uuid, ${sourceId}::int, d.destination_id, now(), d.order_key
      from unnest(${deliveries.map((each) => each.id)}::uuid[], ${deliveries.map((each) => each.destinationId)}::int[],
                  ${deliveries.map((each) => each.orderKey)}::text[]) as d (id, destination_id, order_key)`;
}
