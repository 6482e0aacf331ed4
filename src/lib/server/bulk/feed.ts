// Running: some messages of a job are made due at once, and more as those are over, so that a job of any size never
// floods the queue that new messages stand in too.

import type { Database } from '#lib/server/database/connect.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import { requeue, type Requeued } from '#lib/server/deliver/requeue.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { insertItems, recount, type NewItem } from './items.ts';
import { advance, type HeldJob } from './job.ts';
import { planStretch, refusedItem, type PlanParts, type Send } from './plan.ts';
import { feedReverify, type ReverifyParts } from './reverify.ts';
import { nextStretch, type Stretch } from './walk.ts';

/** Deliveries of one job that wait for their first try. */
const WINDOW = 300;
/** Those that failed and wait for the next try, for hours or days: many of them hold nobody up, but not any number. */
const RETRYING_WINDOW = 5000;
const AT_ONCE = 100;

export interface FeedParts extends PlanParts, ReverifyParts {
  database: Database;
  deliver: Pick<Deliver, 'targets' | 'previewOf' | 'worker'>;
  teller: { requeued(deliveryIds: string[]): void };
}

/** Takes the next messages if there is room for them. @returns whether anything was done */
export async function feed(parts: FeedParts, job: HeldJob): Promise<boolean> {
  const { queued, retrying } = job.counts.results;
  const room = Math.min(WINDOW - queued, RETRYING_WINDOW - retrying, AT_ONCE);
  if (job.walked || room <= 0) return false;
  const stretch = await nextStretch(parts.database, job, room);
  if (job.kind === 'reverify') await feedReverify(parts, job, stretch);
  else await feedDeliveries(parts, job, stretch);
  return true;
}

async function feedDeliveries(parts: FeedParts, job: HeldJob, stretch: Stretch): Promise<void> {
  const { messages, sends, refused } = await planStretch(parts, job, stretch.ids);
  const queued = sends.map(queuedItem);
  const made = [...refused.map(refusedItem), ...queued];
  await advance(parts.database.web, job, async (transaction) => {
    await insertItems(transaction, job.lease.id, made);
    await requeue(
      transaction,
      queued.map(({ deliveryId, messageId, destinationId, sourceId, orderKey }) => ({
        ...{ deliveryId, messageId, destinationId, sourceId, orderKey }
      }))
    );
    const { position, walked } = stretch;
    return { position, walked, visited: job.visited + messages, counts: recount(job.counts, { made }) };
  });
  if (queued.length === 0) return;
  parts.deliver.worker.nudge();
  parts.teller.requeued(queued.map(({ deliveryId }) => deliveryId));
}

function queuedItem({ message, target, before }: Send): NewItem & Requeued {
  return {
    ...{ messageId: message.id, sourceId: message.source.id, destinationId: target.destinationId, before },
    orderKey: target.orderKey,
    deliveryId: target.deliveryId ?? deliveryIdFor(message.id),
    ...{ result: 'queued', verdict: null, detail: null }
  };
}
