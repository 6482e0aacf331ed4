// The order of deliveries to a destination that wants one: by source, and by what the message says at a place of it.

import { createHash } from 'node:crypto';
import type { Sql } from '#lib/server/database/connect.ts';
import type { RoutedDestination } from '#lib/server/routing/types.ts';
import { valuesAt, type FilteredMessage } from './filter.ts';

/**
 * The key of the order that a message is delivered in: those of one key go one after another.
 * @returns null where no order is kept
 */
export function orderKeyOf(
  { options }: Pick<RoutedDestination, 'options'>,
  sourceId: number,
  message: FilteredMessage
): string | null {
  if (!options.ordered) return null;
  if (!options.order_key) return String(sourceId);
  // A value may be of any size; what has none is in one order too.
  const value = JSON.stringify(valuesAt(options.order_key, message));
  return `${sourceId} ${createHash('sha256').update(value).digest('base64url')}`;
}

/**
 * The condition that nothing of its order waits before a row `q` of delivery_queue. What has no order has no key, and
 * nothing equals that.
 */
export const isHeadOfOrder = (sql: Sql) => sql`
  not exists (select from delivery_queue before
               where before.destination_id = q.destination_id and before.order_key = q.order_key
                 and before.message_id < q.message_id)`;
