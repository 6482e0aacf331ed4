// Claims what is due from the queue, for as much as this process has room for.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import type { Hands } from './hands.ts';
import { loadMessages, type MessageParts } from './load.ts';
import { claimDue, type Claimed } from './queue.ts';
import type { Work } from './work.ts';

const POLL_MS = 1000;
export const CLAIM_LIMIT = 200;

export interface ClaimerParts extends MessageParts {
  database: Database;
  logger: Logger;
}

export interface ClaimerWorker {
  hands: Hands;
  accept(work: readonly Work[]): void;
  mayClaim(): boolean;
}

/** Claims what is due: when nudged, and every second as a safety net. One claim at a time. */
export function createClaimer(parts: ClaimerParts, worker: ClaimerWorker) {
  const { database, logger } = parts;
  let claiming: Promise<void> | null = null;
  let nudged = false;
  let wasFull = false;

  /** True when something may have become due since it looked. */
  async function claimOnce(): Promise<boolean> {
    nudged = false;
    if (!worker.mayClaim() || worker.hands.isFull()) return false;
    const except = worker.hands.short();
    const claimed = await claimDue(database.work, { limit: CLAIM_LIMIT, leaseToken: randomUUID(), except });
    wasFull = claimed.length === CLAIM_LIMIT;
    if (claimed.length > 0) worker.accept(await withMessages(parts, claimed));
    return nudged;
  }

  async function claim(): Promise<void> {
    while (await claimOnce());
  }

  function nudge(): void {
    nudged = true;
    claiming ??= claim()
      .catch((error: unknown) => logger.warn({ err: error }, 'due deliveries could not be claimed; asked again soon'))
      .finally(() => (claiming = null));
  }

  const polling = setInterval(nudge, POLL_MS).unref();
  return {
    nudge,
    /** After the last claim took all it might, there is likely more. */
    moreIfFull: () => {
      if (wasFull) nudge();
    },
    async stop() {
      clearInterval(polling);
      await claiming;
    }
  };
}

async function withMessages(parts: ClaimerParts, claimed: readonly Claimed[]): Promise<Work[]> {
  const ids = claimed.map((item) => item.messageId);
  const messages = await loadMessages(parts.database.work, ids, parts);
  return claimed.flatMap(({ messageId, ...item }) => {
    const message = messages.get(messageId);
    return message ? [{ ...item, message }] : [];
  });
}
