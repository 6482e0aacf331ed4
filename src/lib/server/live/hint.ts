// What nodes tell each other: not what happened, only what to read.

import * as v from 'valibot';

const MAX_PAYLOAD_BYTES = 7_900;

/** Ids of what changed. */
export interface Change {
  messages: string[];
  deliveries: string[];
  accounts: number[];
  pullRequests: [repository: string, number: number][];
}

const hintSchema = v.object({
  node: v.string(),
  /** Counts a node's hints: who sees a number missing has missed one. */
  number: v.number(),
  messages: v.optional(v.array(v.pipe(v.string(), v.uuid())), []),
  deliveries: v.optional(v.array(v.pipe(v.string(), v.uuid())), []),
  accounts: v.optional(v.array(v.pipe(v.number(), v.integer())), []),
  pull_requests: v.optional(v.array(v.tuple([v.string(), v.pipe(v.number(), v.integer())])), []),
  /** Milliseconds since when to read: too much to name, or nobody was told. */
  since: v.optional(v.number()),
  /** A hint that names nothing and has a number of its own nevertheless. */
  counted: v.optional(v.literal(true)),
  /** The node stops: its silence will mean nothing. */
  bye: v.optional(v.literal(true))
});

export type Hint = v.InferOutput<typeof hintSchema>;

export function noChange(): Change {
  return { messages: [], deliveries: [], accounts: [], pullRequests: [] };
}

export function isNoChange(change: Change): boolean {
  return Object.values(change).every((ids: unknown[]) => ids.length === 0);
}

/** @param since milliseconds; said in place of the ids when these do not fit */
export function formatHint(node: string, number: number, said: { change: Change; since: number }): string {
  const { messages, deliveries, accounts, pullRequests } = said.change;
  const parts = Object.entries({ messages, deliveries, accounts, pull_requests: pullRequests });
  const named = Object.fromEntries(parts.filter(([, ids]) => ids.length > 0));
  const payload = JSON.stringify({ node, number, ...named });
  return Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES
    ? payload
    : JSON.stringify({ node, number, since: said.since, counted: true });
}

/** null: not from a node of ours, or from a newer one that says it otherwise. */
export function parseHint(payload: string): Hint | null {
  try {
    const result = v.safeParse(hintSchema, JSON.parse(payload));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
