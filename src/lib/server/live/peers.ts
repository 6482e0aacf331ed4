// The other nodes, as far as they were heard of, and what their silence means.

import type { Hint } from './hint.ts';

/** A node that was killed is remembered for so long: one that was only stopped goes on with its numbers. */
const REMEMBERED_MS = 600_000;

/** What hearing, or not hearing, from a node calls for: null, nothing; else read everything since then, milliseconds. */
export type CatchUp = number | null;

export interface Peers {
  /** A hint or a beat of another node. New ones do not know of this node either. */
  heard(hint: Hint): { isNew: boolean; catchUp: CatchUp };
  /** Who was silent for too long may have been killed between a commit and its hint. */
  noticeSilent(): CatchUp;
  /** A lost connection makes all numbers worthless. */
  forgetAll(): void;
  /** Nodes that are not silent. */
  count(): number;
  /** Whether anybody may be listening, the silent ones too. */
  any(): boolean;
}

interface Peer {
  number: number;
  heardAt: number;
  isSilent: boolean;
}

/** @param now milliseconds of the database's clock */
export function createPeers(now: () => number, silentMs: number): Peers {
  const peers = new Map<string, Peer>();
  return {
    heard(hint) {
      const known = peers.get(hint.node);
      if (hint.bye) peers.delete(hint.node);
      else peers.set(hint.node, { number: hint.number, heardAt: now(), isSilent: false });
      if (!known) return { isNew: !hint.bye, catchUp: null };
      const isExpected = hint.number === (isBeat(hint) ? known.number : known.number + 1);
      return { isNew: false, catchUp: isExpected ? null : known.heardAt };
    },
    noticeSilent() {
      let catchUp: CatchUp = null;
      for (const [node, peer] of peers) {
        const silence = now() - peer.heardAt;
        if (silence > REMEMBERED_MS) peers.delete(node);
        if (silence <= silentMs || peer.isSilent) continue;
        peer.isSilent = true;
        catchUp = Math.min(catchUp ?? peer.heardAt, peer.heardAt);
      }
      return catchUp;
    },
    forgetAll: () => peers.clear(),
    count: () => [...peers.values()].filter(({ isSilent }) => !isSilent).length,
    any: () => peers.size > 0
  };
}

/** Says only that the node is there, with the number of its last hint. */
function isBeat(hint: Hint): boolean {
  const named = [hint.messages, hint.deliveries, hint.accounts, hint.pull_requests];
  return !hint.counted && named.every((ids) => ids.length === 0);
}
