// Ids of messages and deliveries: uuidv7 whose millisecond part is the time of receipt, so that an id alone finds
// its partition, and the order of ids is the order of acceptance on this node.

import { randomFillSync } from 'node:crypto';

const RANDOM_POOL_BYTES = 4096;
const MAX_COUNTER = 0xfff;
/** A new millisecond starts below this, which leaves room to count up within it. */
const COUNTER_START = 0x3ff;

export interface MessageId {
  id: string;
  /** Milliseconds since 1970; exactly the id's own. */
  receivedAt: number;
}

const pool = Buffer.alloc(RANDOM_POOL_BYTES);
let used = RANDOM_POOL_BYTES;

function randomHex(bytes: number): string {
  if (used + bytes > RANDOM_POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

const VARIANTS = '89ab';

/** 62 random bits behind the variant: the last two groups of an id. */
function randomTail(): string {
  const hex = randomHex(9);
  const variant = VARIANTS.charAt(hex.charCodeAt(0) & 3);
  return `${variant}${hex.slice(1, 4)}-${hex.slice(4, 16)}`;
}

/**
 * Makes ids that never go back, even when the clock does.
 * @param clock milliseconds since 1970, the database's time
 */
export function createMessageIds(clock: () => number): () => MessageId {
  let last = 0;
  let counter = 0;
  return () => {
    const now = Math.floor(clock());
    if (now > last) {
      last = now;
      counter = Number.parseInt(randomHex(2), 16) & COUNTER_START;
    } else if (++counter > MAX_COUNTER) {
      last += 1;
      counter = 0;
    }
    const time = last.toString(16).padStart(12, '0');
    const sequence = counter.toString(16).padStart(3, '0');
    return { id: `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${randomTail()}`, receivedAt: last };
  };
}

/** A new delivery id with the millisecond of its message. */
export function deliveryIdFor(messageId: string): string {
  return `${messageId.slice(0, 13)}-7${randomHex(2).slice(1)}-${randomTail()}`;
}
