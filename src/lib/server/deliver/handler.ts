// What a handler is. A file in handlers/ that exports defineHandler({…}) as its default is registered by being there.

import type { Transaction } from '#lib/server/database/connect.ts';
import type { Effect, HeaderPair } from '#lib/inbox/types.ts';

/** The message as a handler sees it. */
export interface HandlerMessage {
  id: string;
  receivedAt: Date;
  source: { id: number; slug: string; provider: string; options: Record<string, unknown> };
  headers: readonly HeaderPair[];
  /** JSON.parse of the body; undefined when it is not JSON. Parsed once, shared: do not change it. */
  payload: unknown;
}

/** The event inside the message. Handlers are only called for messages whose event has a type. */
export interface HandlerEvent {
  id: string | null;
  type: string;
}

/** What apply() writes with. Everything in it commits together with the attempt, or not at all. */
export interface HandlerTransaction {
  sql: Transaction;
  /**
   * Tells live screens after the commit: topics that changed; the state is read from the database then, so that a
   * frame always carries what a reload would show.
   */
  changed(topic: `account:${number}` | 'pull-requests', key: Record<string, string | number>): void;
  /** Makes deliveries due at once that failed with a HandlerError that waits for this. */
  wake(awaited: string): void;
}

export interface HandlerResult {
  outcome: 'applied' | 'already_applied' | 'ignored';
  /** What was done, in words, for the timeline: "Credited $19.99 to Ada Lovelace, line 48". */
  summary: string;
  effects: Effect[];
}

/** As much of `fetch` as handlers need. An address that is not public is an error, and so is nothing else: 3xx are answers. */
export type GuardedFetch = (
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal }
) => Promise<GuardedAnswer>;

export interface GuardedAnswer {
  status: number;
  body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

export interface HandlerContext {
  /** The source's secrets and keys in clear, for prepare() only: `secret('stripe-api-key')`. */
  secret(label: string): string | null;
  /** Goes only where deliveries may go, too; for prepare(). */
  fetch: GuardedFetch;
  signal: AbortSignal;
}

export interface HandlerDefinition<Prepared = undefined> {
  /** The provider whose sources are connected to this handler by default. */
  provider: string;
  /** Event types it wants; `*` matches any run of characters: `payment_intent.*`. */
  events: readonly string[];
  /** Network calls go here: runs before, and outside, the transaction. */
  prepare?(message: HandlerMessage, event: HandlerEvent, context: HandlerContext): Promise<Prepared>;
  /**
   * Messages of one batch with the same key are applied one after another; with different keys their statements go out
   * together, which saves a round trip each. Without it, or for null: one after another. Give keys only where apply()
   * of one message reads nothing that apply() of another key writes.
   */
  orderKey?(message: HandlerMessage, event: HandlerEvent): string | null;
  /** May run more than once for one message; must be a no-op the second time. Throw HandlerError for a known cause. */
  apply(
    transaction: HandlerTransaction,
    message: HandlerMessage,
    event: HandlerEvent,
    prepared: Prepared
  ): Promise<HandlerResult>;
}

/**
 * A failure with a known cause, said in one sentence that names the value and the next step.
 * `permanent`: trying again by itself cannot help; the delivery fails now and can be re-delivered once mended.
 */
export class HandlerError extends Error {
  readonly permanent: boolean;
  /** What would make the next try succeed ("stripe payment pi_1"); wake() with the same words brings it forward. */
  readonly waitsFor: string | null;
  constructor(message: string, options: { permanent: boolean; waitsFor?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'HandlerError';
    this.permanent = options.permanent;
    this.waitsFor = options.waitsFor ?? null;
  }
}

/** Gives the definition back, typed. */
export function defineHandler<Prepared = undefined>(
  definition: HandlerDefinition<Prepared>
): HandlerDefinition<Prepared> {
  return definition;
}
