// A handler run as the engine runs it: prepare outside, apply in a transaction of its own.

import { randomUUID } from 'node:crypto';
import type { Database } from '#lib/server/database/connect.ts';
import type { GuardedFetch, HandlerContext, HandlerMessage, HandlerResult } from '#lib/server/deliver/handler.ts';
import type { AnyHandler } from '#lib/server/deliver/handlers.ts';
import stripeBalance from '#lib/server/deliver/handlers/stripe-balance.ts';
import type { StripeEventBody } from './stripe-events.ts';

export interface Applied extends HandlerResult {
  changed: { topic: string; key: Record<string, string | number> }[];
  woken: string[];
}

export interface ApplyOptions {
  payload: unknown;
  type: string;
  eventId?: string | null;
  options?: Record<string, unknown>;
  secrets?: Record<string, string>;
  receivedAt?: Date;
  fetch?: GuardedFetch;
}

export type ApplyChange = Pick<ApplyOptions, 'options' | 'secrets' | 'receivedAt' | 'fetch'>;

function handlerMessage(provider: string, applied: ApplyOptions): HandlerMessage {
  return {
    id: randomUUID(),
    receivedAt: applied.receivedAt ?? new Date(),
    source: { id: 1, slug: provider, provider, options: applied.options ?? {} },
    headers: [],
    payload: applied.payload
  };
}

/** @throws what the handler throws; its writes are rolled back then */
export async function applyHandler(database: Database, handler: AnyHandler, options: ApplyOptions): Promise<Applied> {
  const message = handlerMessage(handler.provider, options);
  const event = { id: options.eventId ?? null, type: options.type };
  const context: HandlerContext = {
    secret: (label) => options.secrets?.[label] ?? null,
    fetch: options.fetch ?? fetch,
    signal: AbortSignal.timeout(20_000)
  };
  const prepared = await handler.prepare?.(message, event, context);
  const [changed, woken]: [Applied['changed'], string[]] = [[], []];
  const result = await database.work.begin((sql) =>
    handler.apply(
      { sql, changed: (topic, key) => changed.push({ topic, key }), wake: (awaited) => woken.push(awaited) },
      message,
      event,
      prepared
    )
  );
  return { ...result, changed, woken };
}

/** A Stripe event through stripe-balance. */
export function applyStripe(database: Database, event: StripeEventBody, change: ApplyChange = {}): Promise<Applied> {
  return applyHandler(database, stripeBalance, { payload: event, type: event.type, eventId: event.id, ...change });
}
