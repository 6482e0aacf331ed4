// The next messages of a job: along its selection or along the log, from old to new by the last id, so that a job of
// any size holds a few messages at a time and messages that arrive meanwhile move nothing.

import type { Database } from '#lib/server/database/connect.ts';
import { messageSizes } from '#lib/server/deliver/load.ts';
import { FIRST_CHUNK_ROWS, scan } from '#lib/server/log/list-scan.ts';
import type { HeldJob } from './job.ts';

/** A chunk's messages are loaded whole. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** A rare filter finds little in this time: then the pass goes on from where it came to. */
const SCAN_BUDGET_MS = 1500;

export interface Stretch {
  ids: string[];
  position: string;
  /** Nothing comes after it. */
  walked: boolean;
}

/** At most `count` messages after the job's position. */
export async function nextStretch(database: Database, job: HeldJob, count: number): Promise<Stretch> {
  const stretch =
    job.filter === null ? await alongSelection(database, job, count) : await alongLog(database, job, count);
  return withinBytes(database, stretch);
}

async function alongSelection({ web }: Database, job: HeldJob, count: number): Promise<Stretch> {
  const rows = await web<{ id: string }[]>`
    select chosen.id from jobs, unnest(jobs.selection) as chosen (id)
     where jobs.id = ${job.lease.id} and chosen.id > ${job.position}
     order by chosen.id limit ${count}`;
  const ids = rows.map(({ id }) => id);
  return { ids, position: ids.at(-1) ?? job.position, walked: ids.length < count };
}

async function alongLog(database: Database, { filter, position }: HeldJob, count: number): Promise<Stretch> {
  if (filter === null) throw new Error('A job along the log has a filter.');
  const from = { direction: 'newer', id: position } as const;
  const found = await scan({
    ...{ database, filter, from, count },
    ...{ budgetMs: SCAN_BUDGET_MS, chunkRows: FIRST_CHUNK_ROWS }
  });
  const isFull = found.ids.length >= count;
  return {
    ids: found.ids,
    position: (isFull ? found.ids.at(-1) : found.resume) ?? position,
    walked: !isFull && found.resume === null
  };
}

/** The first message is taken whatever its size. */
async function withinBytes({ web }: Database, stretch: Stretch): Promise<Stretch> {
  const sizes = await messageSizes(web, stretch.ids);
  let bytes = 0;
  const tooMany = stretch.ids.findIndex((id, at) => {
    bytes += sizes.get(id) ?? 0;
    return at > 0 && bytes > CHUNK_BYTES;
  });
  if (tooMany === -1) return stretch;
  const ids = stretch.ids.slice(0, tooMany);
  return { ids, position: ids.at(-1) ?? stretch.position, walked: false };
}
