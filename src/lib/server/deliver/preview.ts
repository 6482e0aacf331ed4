// What a re-delivery would change: each handler is run in a transaction that is taken back.

import type { Database, Sql, Transaction } from '#lib/server/database/connect.ts';
import type { Effect } from '#lib/inbox/types.ts';
import type { HandlerContext, HandlerDefinition } from './handler.ts';
import { collecting } from './run-handlers.ts';
import { notReceivedValid, wasReceivedValid, type Target, type TargetParts } from './targets.ts';
import type { StoredMessage } from './work.ts';

export interface PreviewParts extends TargetParts {
  database: Database;
  contextOf(message: StoredMessage, signal: AbortSignal): HandlerContext;
}

/** What one destination would do. Nothing of it was applied. */
export interface Preview {
  destination: { id: number; name: string };
  outcome: string;
  summary: string;
  effects: Effect[];
}

const PREVIEW_TIMEOUT_MS = 10_000;

/** What the target would do with the message. */
export async function previewOf(parts: PreviewParts, message: StoredMessage, target: Target): Promise<Preview> {
  const destination = { id: target.destinationId, name: target.name };
  if (target.handler === null) {
    const summary = `Would send ${message.body.length} bytes to ${target.url ?? ''}.`;
    const effects = [{ kind: 'http_request', summary, url: target.url }];
    return { destination, outcome: 'would_send', summary, effects };
  }
  const handler = parts.handlerOf(target.handler);
  if (!handler)
    return { destination, outcome: 'error', summary: `There is no handler ${target.handler}.`, effects: [] };
  const dry = await dryRun(parts, handler, message);
  if (wasReceivedValid(message)) return { destination, ...dry };
  return { destination, ...dry, outcome: 'refused', summary: `${dry.summary} ${notReceivedValid(message)}` };
}

async function dryRun(
  { database, contextOf }: PreviewParts,
  handler: HandlerDefinition<unknown>,
  message: StoredMessage
): Promise<Omit<Preview, 'destination'>> {
  const event = { id: message.event.id, type: message.event.type ?? '' };
  const signal = AbortSignal.timeout(PREVIEW_TIMEOUT_MS);
  try {
    const prepared = await handler.prepare?.(message, event, contextOf(message, signal));
    return await rolledBack(database.web, async (sql) => {
      const { outcome, summary, effects } = await handler.apply(collecting(sql).transaction, message, event, prepared);
      return { outcome, summary, effects };
    });
  } catch (error) {
    return { outcome: 'error', summary: error instanceof Error ? error.message : String(error), effects: [] };
  }
}

/** Runs in a transaction and takes everything back. */
async function rolledBack<T>(sql: Sql, run: (transaction: Transaction) => Promise<T>): Promise<T> {
  const undo = new Error('rolled back on purpose');
  const results: T[] = [];
  try {
    await sql.begin(async (transaction) => {
      results.push(await run(transaction));
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  const [result] = results;
  if (result === undefined) throw undo;
  return result;
}
