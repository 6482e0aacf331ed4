// Erasing one message: its content goes everywhere it is kept. What it caused stays: ledger entries keep the id of a
// message that no longer exists, because money outlives messages; so does the claim on its event (a hash), or the
// sender's next retry would be applied as new.

import type { Database } from '#lib/server/database/connect.ts';
import { deliveryIdsOf, isUuid, receivedAtOf } from './read-ids.ts';

/**
 * Erases a message, its deliveries and their attempts, in one transaction. A worker that holds one of its deliveries
 * finds its lease gone and rolls back. The caller writes the audit line.
 * @returns false when there is no such message
 */
export async function deleteMessage(database: Database, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const receivedAt = receivedAtOf(id);
  const { first, last } = deliveryIdsOf(id);
  return database.web.begin(async (sql) => {
    // The queue first: waiting for a row that a worker is completing, the next statement then sees where it went.
    const waiting = await sql<{ id: string }[]>`
      delete from delivery_queue where id between ${first} and ${last} and message_id = ${id} returning id`;
    const done = await sql<{ id: string }[]>`
      delete from delivery_results where id between ${first} and ${last} and message_id = ${id} returning id`;
    const deliveries = [...waiting, ...done].map((row) => row.id);
    await sql`
      delete from attempts
       where delivery_id between ${first} and ${last} and delivery_id = any(${deliveries}::uuid[])`;
    // What it failed with may quote it; that of the newest message is kept.
    await sql`
      update problems
         set message_ids = array_remove(message_ids, ${id}::uuid), version = version + 1,
             last_error = case when message_ids[1] <> ${id}::uuid then last_error end
       where ${id}::uuid = any(message_ids)`;
    const rows = await sql`delete from messages where received_at = ${receivedAt} and id = ${id} returning 1`;
    const kept = await sql`delete from messages_kept where received_at = ${receivedAt} and id = ${id} returning 1`;
    return rows.length + kept.length > 0;
  });
}
