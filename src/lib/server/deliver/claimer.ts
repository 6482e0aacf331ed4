// Claims what is due from the queue, for as much as this process has room for.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '#lib/server/database/connect.ts';
import { claimDue, claimLimited, claimProbes, LEAST_SHARE, type Claimed } from './claim.ts';
import type { Hands } from './hands.ts';
import { loadMessages, messageSizes, type MessageParts } from './load.ts';
import { releaseLeases, settleGone } from './queue.ts';
import type { Work } from './work.ts';

const POLL_MS = 1000;
/** A claim loads its messages whole. */
export const CLAIM_BYTES = 32 * 1024 * 1024;

export interface ClaimerParts extends MessageParts, SpecialDestinations {
  database: Database;
  logger: Logger;
}

export interface ClaimerWorker {
  hands: Hands;
  accept(work: readonly Work[]): void;
  mayClaim(): boolean;
}

/** Destinations that are not claimed from as all others are. */
export interface SpecialDestinations {
  /** Those with a rate, a number at once or an order. */
  limited(): number[];
  isOrdered(destinationId: number): boolean;
  anyHeld(): boolean;
}

/** Claims what is due: when nudged, and every second as a safety net. One claim at a time. */
export function createClaimer(parts: ClaimerParts, worker: ClaimerWorker) {
  const { database, logger } = parts;
  const node = randomUUID();
  let claiming: Promise<void> | null = null;
  let nudged = false;
  let wasFull = false;

  /** True when something may have become due since it looked. */
  async function claimOnce(): Promise<boolean> {
    nudged = false;
    if (!worker.mayClaim() || worker.hands.isFull()) return false;
    wasFull = false;
    for (const claim of claims(parts, worker.hands, node)) {
      const claimed = await claim();
      wasFull ||= claimed.length >= LEAST_SHARE;
      if (claimed.length > 0) await takeOver(claimed);
    }
    return nudged;
  }

  /** What is too heavy for one claim is put back, for the next. */
  async function takeOver(claimed: readonly Claimed[]): Promise<void> {
    const sizes = await messageSizes(
      database.work,
      claimed.map(({ messageId }) => messageId)
    );
    const { fits, rest, gone } = withinBudget(claimed, sizes);
    if (gone.length > 0) await settleGone(database.work, gone);
    if (rest.length > 0) await releaseLeases(database.work, rest);
    wasFull ||= rest.length > 0;
    if (fits.length > 0) worker.accept(await withMessages(parts, fits));
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

/** The claims that there are to make now, one after another. */
function claims({ database: { work: sql }, ...parts }: ClaimerParts, hands: Hands, node: string) {
  const leaseToken = randomUUID();
  const ids = parts.limited();
  const except = [...hands.short(), ...ids];
  const limited = ids.map((id) => ({ id, room: hands.roomFor(id) })).filter(({ room }) => room > 0);
  return [
    () => claimDue(sql, { leaseToken, except }),
    ...(limited.length > 0 ? [() => claimLimited(sql, { leaseToken, node, limited })] : []),
    ...(parts.anyHeld() ? [() => claimProbes(sql, leaseToken)] : [])
  ];
}

interface Shares {
  fits: Claimed[];
  rest: Claimed[];
  gone: Claimed[];
}

/** The first is taken whatever its size. @param sizes of their messages; missing: the message is gone */
export function withinBudget(claimed: readonly Claimed[], sizes: ReadonlyMap<string, number>): Shares {
  const shares: Shares = { fits: [], rest: [], gone: [] };
  let bytes = 0;
  for (const item of claimed) {
    const size = sizes.get(item.messageId);
    if (size === undefined) shares.gone.push(item);
    else if (shares.fits.length > 0 && bytes + size > CLAIM_BYTES) shares.rest.push(item);
    else {
      shares.fits.push(item);
      bytes += size;
    }
  }
  return shares;
}

async function withMessages(parts: ClaimerParts, claimed: readonly Claimed[]): Promise<Work[]> {
  const ids = claimed.map((item) => item.messageId);
  const messages = await loadMessages(parts.database.work, ids, parts);
  return claimed.flatMap(({ messageId, ...item }) => {
    const message = messages.get(messageId);
    return message ? [{ ...item, message }] : [];
  });
}
