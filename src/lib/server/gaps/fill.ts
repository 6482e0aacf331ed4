// Having what is ticked sent again, or fetching it: one after the other, because providers count requests, and for as
// long as a person waits.

import type { Filled, SentList } from './types.ts';

const WITHIN_MS = 45_000;
/** After one of these the next request would end the same way. */
const ENDS_ALL: readonly string[] = ['provider_rate_limited', 'provider_unreachable'];

export type FillResult = { id: string } & (
  Filled | { outcome: 'failed' | 'not_tried'; message: string; message_id: null }
);

/** @returns one result an id, in order */
export async function fillAll(list: SentList, ids: readonly string[]): Promise<FillResult[]> {
  const until = performance.now() + WITHIN_MS;
  const results: FillResult[] = [];
  let ended: string | null = null;
  for (const id of new Set(ids)) {
    if (performance.now() > until) ended ??= `The ${WITHIN_MS / 1000} s for one request were over. Tick it again.`;
    if (ended !== null) {
      results.push({ id, outcome: 'not_tried', message: ended, message_id: null });
      continue;
    }
    const filled = await list.fill(id);
    if ('problem' in filled) {
      const { code, message } = filled.problem;
      results.push({ id, outcome: 'failed', message, message_id: null });
      if (ENDS_ALL.includes(code)) ended = `Not tried: ${message}`;
    } else results.push({ id, ...filled });
  }
  return results;
}

/** The line of the audit log. */
export function fillChange(slug: string, results: readonly FillResult[]) {
  const idsOf = (outcome: FillResult['outcome']): string[] =>
    results.filter((result) => result.outcome === outcome).map(({ id }) => id);
  const detail = { asked: idsOf('asked'), stored: idsOf('stored'), failed: idsOf('failed') };
  return { action: 'source.gaps_filled', subject: `source ${slug}`, detail };
}
