// Preparing: a first pass over a job's messages, which counts what it would do and tries the first few. Nothing of it
// is applied. Who starts the job has seen the numbers.

import type { JobRefusal } from '#lib/inbox/jobs.ts';
import type { FeedParts } from './feed.ts';
import { advance, type HeldJob, type PreviewTally } from './job.ts';
import { planStretch, type Plan, type Send } from './plan.ts';
import { judgeAll } from './reverify.ts';
import { nextStretch } from './walk.ts';

const AT_ONCE = 200;
const SAMPLE = 3;
const START = { position: '00000000-0000-0000-0000-000000000000', walked: false };

/** Counts the next messages. */
export async function prepare(parts: FeedParts, job: HeldJob): Promise<void> {
  const stretch = await nextStretch(parts.database, job, AT_ONCE);
  const counted =
    job.kind === 'reverify' ? await countRulings(parts, stretch.ids) : await countPlan(parts, job, stretch.ids);
  const { position, walked } = stretch;
  const found = {
    total: job.total + counted.messages,
    preview: {
      destinations: addAll(job.preview.destinations, counted.destinations),
      refused: addAll(job.preview.refused, counted.refused),
      sample: job.preview.sample.length > 0 ? job.preview.sample : counted.sample
    }
  };
  const state = job.startsItself ? 'running' : 'ready';
  await advance(parts.database.web, job, async () =>
    walked ? { ...found, ...START, state } : { ...found, position, walked }
  );
}

type Counted = { messages: number; destinations: string[]; refused: JobRefusal[]; sample: PreviewTally['sample'] };

async function countPlan(parts: FeedParts, job: HeldJob, ids: readonly string[]): Promise<Counted> {
  const plan: Plan = await planStretch(parts, job, ids);
  return {
    messages: plan.messages,
    destinations: plan.sends.map(({ target }) => String(target.destinationId)),
    refused: plan.refused.map(({ reason }) => reason),
    sample: job.preview.sample.length > 0 ? [] : await tried(parts, plan.sends.slice(0, SAMPLE))
  };
}

async function tried({ deliver }: FeedParts, sends: readonly Send[]): Promise<PreviewTally['sample']> {
  const sample: PreviewTally['sample'] = [];
  for (const { message, target } of sends) {
    sample.push({ message_id: message.id, ...(await deliver.previewOf(message, target)) });
  }
  return sample;
}

async function countRulings(parts: FeedParts, ids: readonly string[]): Promise<Counted> {
  const { rulings, refused } = await judgeAll(parts, ids);
  const valid = rulings.filter(({ verification }) => verification.status === 'valid');
  return {
    messages: ids.length,
    destinations: valid.flatMap(({ deliveries }) => deliveries.map(({ destinationId }) => String(destinationId))),
    refused: [
      ...refused.map(({ reason }) => reason),
      ...Array.from({ length: rulings.length - valid.length }, () => 'still_invalid' as const)
    ],
    sample: []
  };
}

/** Counts names on top of what was counted before. */
function addAll(counts: Readonly<Partial<Record<string, number>>>, names: readonly string[]): Record<string, number> {
  const sums = new Map(Object.entries(counts).map(([name, count]) => [name, count ?? 0]));
  for (const name of names) sums.set(name, (sums.get(name) ?? 0) + 1);
  return Object.fromEntries(sums);
}
