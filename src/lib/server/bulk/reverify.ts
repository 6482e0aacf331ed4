// Jobs that verify again: a source got the right secret, and what it had refused until then is judged anew.

import { releaseWithin, type Released, type Ruling } from '#lib/server/log/release.ts';
import type { Mending } from '#lib/server/mend.ts';
import type { NewItem } from './items.ts';
import { insertItems, recount } from './items.ts';
import { advance, type HeldJob } from './job.ts';
import { refusedItem, type Refusal } from './plan.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Stretch } from './walk.ts';

export interface ReverifyParts {
  database: Database;
  mending: Pick<Mending, 'judgeAgain' | 'tellReleased'>;
  routing: { refresh(): Promise<void> };
}

interface Judged {
  rulings: Ruling[];
  refused: Refusal[];
}

/** Judges messages; nothing is written. */
export async function judgeAll({ mending, routing }: ReverifyParts, ids: readonly string[]): Promise<Judged> {
  // The secret may have been added a moment ago, on another node.
  await routing.refresh();
  const judged: Judged = { rulings: [], refused: [] };
  for (const id of ids) {
    const one = await mending.judgeAgain(id);
    if ('ruling' in one) judged.rulings.push(one.ruling);
    else judged.refused.push(refusal(id, one));
  }
  return judged;
}

const refusal = (
  messageId: string,
  { refused, message }: { refused: 'not_found' | Exclude<Refusal['reason'], 'gone'>; message: string }
): Refusal => ({
  ...{ messageId, destinationId: 0, reason: refused === 'not_found' ? 'gone' : refused, detail: message }
});

/** Judges and releases messages; verdicts, deliveries and the job's progress commit together. */
export async function feedReverify(parts: ReverifyParts, job: HeldJob, stretch: Stretch): Promise<void> {
  const { rulings, refused } = await judgeAll(parts, stretch.ids);
  const released: Released[] = [];
  await advance(parts.database.web, job, async (transaction) => {
    released.push(...(await releaseWithin(transaction, rulings)));
    const made = [...refused.map(refusedItem), ...rulings.flatMap((ruling) => itemsOf(ruling, released))];
    await insertItems(transaction, job.lease.id, made);
    const { position, walked, ids } = stretch;
    return { position, walked, visited: job.visited + ids.length, counts: recount(job.counts, { made }) };
  });
  parts.mending.tellReleased(released);
}

function itemsOf(ruling: Ruling, released: readonly Released[]): NewItem[] {
  const one = released.find(({ id }) => id === ruling.id);
  const whole = { messageId: ruling.id, destinationId: 0, deliveryId: null, before: null };
  if (!one) {
    return [{ ...whole, result: 'refused', verdict: null, detail: 'Somebody else verified the message meanwhile.' }];
  }
  const { status, reason } = ruling.verification;
  if (status !== 'valid') return [{ ...whole, result: 'failed', verdict: 'still_failing', detail: reason }];
  if (one.deliveryIds.length === 0) {
    return [{ ...whole, result: 'succeeded', verdict: 'fixed', detail: withoutDelivery(one) }];
  }
  return ruling.deliveries.map(({ id, destinationId }) => ({
    ...{ messageId: ruling.id, destinationId, deliveryId: id, before: null },
    ...{ result: 'queued', verdict: null, detail: null }
  }));
}

function withoutDelivery({ duplicateOf }: Released): string {
  return duplicateOf === null
    ? 'It is valid. No destination takes it.'
    : `It is valid. Its event came in message ${duplicateOf} already, so nothing is delivered twice.`;
}
