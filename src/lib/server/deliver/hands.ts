// The deliveries in this process's hands: how many, how heavy, since when. Bounded, and for each destination too: one that
// does not answer must not fill the hands that others wait for.

import { LEASE_SECONDS, type Work } from './work.ts';

/** Past these the log writes deliveries without a lease, and they are claimed when there is room. */
const MAX_HELD = 20_000;
const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** What one destination may have in hand, give or take one claim. */
export interface Room {
  deliveries: number;
  bytes: number;
}

/** A handler works through hundreds in one transaction. */
export const HANDLER_ROOM: Room = { deliveries: 2000, bytes: 32 * 1024 * 1024 };
/** Several times what is sent at once. */
export const HTTP_ROOM: Room = { deliveries: 256, bytes: 2 * 1024 * 1024 };

/** Refilled below this share: a claim for each that is done would be many. */
const ENOUGH = 0.5;

export interface Hands {
  take(work: readonly Work[]): void;
  /** True when there is room to speak of for a destination that was short of it: more may wait in the queue. */
  drop(work: readonly Work[]): boolean;
  hasRoom(destinationId: number): boolean;
  /** Destinations that have more than half of what they may: not worth a claim yet. */
  short(): number[];
  /** No room for anybody. */
  isFull(): boolean;
  count(): number;
  /** How many more of one destination. */
  roomFor(destinationId: number): number;
  /** Held at least this long: their leases are due to be renewed. */
  heldFor(milliseconds: number): Work[];
  /** Their leases were renewed by a statement that was sent then, by performance.now(). */
  renewed(ids: readonly string[], at: number): void;
  /** False when the lease has run out, as far as is known here: the process may have stood still. */
  isLeased(work: Work): boolean;
}

/** How much of each destination, and of all. */
function createUses(roomOf: (destinationId: number) => Room) {
  const uses = new Map<number, Room>();
  let bytes = 0;
  return {
    count(work: Work, sign: 1 | -1): void {
      const size = sign * work.message.body.length;
      const before = uses.get(work.destinationId) ?? { deliveries: 0, bytes: 0 };
      const after = { deliveries: before.deliveries + sign, bytes: before.bytes + size };
      if (after.deliveries === 0) uses.delete(work.destinationId);
      else uses.set(work.destinationId, after);
      bytes += size;
    },
    bytes: () => bytes,
    destinations: () => [...uses.keys()],
    roomFor: (destinationId: number) => roomOf(destinationId).deliveries - (uses.get(destinationId)?.deliveries ?? 0),
    /** Whether it has less than this share of what it may. */
    hasLessThan(share: number, destinationId: number): boolean {
      const room = roomOf(destinationId);
      const used = uses.get(destinationId);
      return !used || (used.deliveries < share * room.deliveries && used.bytes < share * room.bytes);
    }
  };
}

/** Makes empty hands. @param roomOf what a destination may have */
export function createHands(roomOf: (destinationId: number) => Room): Hands {
  const held = new Map<string, { work: Work; since: number; leasedAt: number }>();
  const uses = createUses(roomOf);
  const wereShort = new Set<number>();
  const isFull = () => held.size >= MAX_HELD || uses.bytes() >= MAX_HELD_BYTES;
  return {
    take(work) {
      const since = performance.now();
      for (const item of work) {
        held.set(item.id, { work: item, since, leasedAt: since });
        uses.count(item, 1);
        if (!uses.hasLessThan(ENOUGH, item.destinationId)) wereShort.add(item.destinationId);
      }
    },
    drop(work) {
      for (const item of work) if (held.delete(item.id)) uses.count(item, -1);
      const eased = [...wereShort].filter((destinationId) => uses.hasLessThan(ENOUGH, destinationId));
      for (const destinationId of eased) wereShort.delete(destinationId);
      return eased.length > 0;
    },
    hasRoom: (destinationId) => !isFull() && uses.hasLessThan(1, destinationId),
    short: () => uses.destinations().filter((destinationId) => !uses.hasLessThan(ENOUGH, destinationId)),
    isFull,
    count: () => held.size,
    roomFor: uses.roomFor,
    heldFor(milliseconds) {
      const before = performance.now() - milliseconds;
      return [...held.values()].filter((item) => item.since <= before).map((item) => item.work);
    },
    renewed(ids, at) {
      for (const id of ids) {
        const item = held.get(id);
        if (item) item.leasedAt = at;
      }
    },
    isLeased({ id }) {
      const item = held.get(id);
      return item !== undefined && performance.now() - item.leasedAt < LEASE_SECONDS * 1000;
    }
  };
}
