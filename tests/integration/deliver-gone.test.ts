// A delivery in the queue whose message is gone: it ends, instead of being claimed again for ever.

import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { make } from '../support/outside.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

const YEAR_MS = 365 * 86_400_000;

/** As a uuidv7 of that time. */
function messageIdAt(milliseconds: number): string {
  const hex = milliseconds.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
}

test.each([
  ['today', 0],
  ['on a day that was dropped', YEAR_MS]
])('of a message received %s: failed, with a sentence that says so', async (_when, ago) => {
  const destination = await make(holdfast, '/destinations', { name: `gone ${ago}`, url: 'https://gone.example/' });
  const messageId = messageIdAt(Date.now() - ago);
  const id = deliveryIdFor(messageId);
  await database.web`
    insert into delivery_queue (id, message_id, source_id, destination_id, due_at, attempt_count)
    values (${id}, ${messageId}, 1, ${destination.id}, now(), 3)`;
  await until(async () => (await database.web`select from delivery_queue where id = ${id}`).length === 0);
  expect(await database.web`select status, attempt_count, last_error from delivery_results where id = ${id}`).toEqual([
    { status: 'failed', attempt_count: 3, last_error: expect.stringContaining('message is gone') as string }
  ]);
});
