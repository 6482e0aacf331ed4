// What was sent, beside what the log has of it.

import { findEvents, type FoundEvent } from '#lib/server/log/find-events.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import type { Sent } from './types.ts';

const DAY_MS = 86_400_000;
/** Clocks differ: a message may have been received "before" it was sent. */
const CLOCK_TOLERANCE_MS = 3_600_000;

/** unknown: it was sent longer ago than the log keeps messages, so that nobody can say. */
export type GapState = FoundEvent['state'] | 'missing' | 'unknown';

export interface GapItem extends Sent {
  state: GapState;
  message_id: string | null;
}

/** Says of each what the log has. */
export async function compare(
  { database, retentionDays, clock }: { database: Database; retentionDays: number; clock: () => number },
  source: RoutedSource,
  sent: readonly Sent[]
): Promise<GapItem[]> {
  const oldest = Math.min(...sent.map(({ sent_at: at }) => Date.parse(at)));
  const keptDays = Math.min(retentionDays, source.options.retention_days ?? retentionDays);
  const keptSince = clock() - keptDays * DAY_MS;
  const found = await findEvents(database, source.id, {
    eventIds: sent.map((one) => one.event_id),
    since: Math.max(oldest, keptSince) - CLOCK_TOLERANCE_MS
  });
  return sent.map((one) => {
    const known = found.get(one.event_id);
    if (known) return { ...one, state: known.state, message_id: known.messageId };
    return { ...one, state: Date.parse(one.sent_at) < keptSince ? 'unknown' : 'missing', message_id: null };
  });
}
