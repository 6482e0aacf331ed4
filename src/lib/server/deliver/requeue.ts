// Makes deliveries due again, or makes them. One way for a click, the API and jobs.

import type { Transaction } from '#lib/server/database/connect.ts';
import { probeNow } from './holding.ts';

export interface Requeued {
  deliveryId: string;
  messageId: string;
  sourceId: number;
  destinationId: number;
  /** Of one that is made; null: it has no place in an order. */
  orderKey: string | null;
}

/**
 * In the caller's transaction: each delivery is then due now, at the beginning of a fresh round of tries. In the order
 * of ids, so that two of these over the same deliveries do not deadlock. The caller nudges the worker after its commit.
 */
export async function requeue(transaction: Transaction, deliveries: readonly Requeued[]): Promise<void> {
  const sorted = deliveries.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
  const ids = sorted.map(({ deliveryId }) => deliveryId);
  await transaction`
    with wanted as (
      select * from unnest(${ids}::uuid[], ${sorted.map(({ messageId }) => messageId)}::uuid[],
                           ${sorted.map(({ sourceId }) => sourceId)}::int[],
                           ${sorted.map(({ destinationId }) => destinationId)}::int[],
                           ${sorted.map(({ orderKey }) => orderKey)}::text[])
             as w (id, message_id, source_id, destination_id, order_key)
    ), over as (
      delete from delivery_results where id = any(${ids}::uuid[]) returning id, attempt_count, version, last_error
    )
    insert into delivery_queue
      (id, message_id, source_id, destination_id, due_at, order_key, attempt_count, version, last_error)
    select w.id, w.message_id, w.source_id, w.destination_id, now(), w.order_key, coalesce(over.attempt_count, 0),
           coalesce(over.version, 0) + 1, over.last_error
      from wanted w left join over on over.id = w.id
     order by w.id
    on conflict (id) do update
      set due_at = now(), status = 'pending', tries = 0, version = delivery_queue.version + 1`;
  // Whoever sends again means that it is mended: one that is held is tried at once.
  await probeNow(transaction, [...new Set(sorted.map(({ destinationId }) => destinationId))]);
}
