// What the API works on, for tests: everything real, but no deliveries are run.

import { pino } from 'pino';
import { afterAll, expect } from 'vitest';
import type { ApiParts } from '#lib/server/api/parts.ts';
import { createAuth } from '#lib/server/auth/auth.ts';
import { createVault } from '#lib/server/auth/vault.ts';
import type { Database } from '#lib/server/database/connect.ts';
import { startDeliver } from '#lib/server/deliver/deliver.ts';
import { handlers } from '#lib/server/deliver/handlers.ts';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuardedAgent } from '#lib/server/deliver/http/guard.ts';
import { createGaps } from '#lib/server/gaps/gaps.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { createEditing } from '#lib/server/edit.ts';
import { createMending } from '#lib/server/mend.ts';
import { openRouting } from '#lib/server/routing/cache.ts';
import { ensureHandlerDestinations } from '#lib/server/routing/destinations.ts';
import type { Answer, Caller } from './api-client.ts';

/** The parts on a database; stopped after the file's tests. */
export async function apiParts(database: Database) {
  const vault = createVault('a key for tests, long enough');
  const logger = pino({ level: 'silent' });
  const handlerList = [...handlers].map(([name, { provider }]) => ({ name, provider }));
  await ensureHandlerDestinations(database, handlerList);
  const routing = await openRouting({ sql: database.web, open: (sealed) => vault.open(sealed), clock: Date.now });
  const deliver = startDeliver({
    ...{ database, routing, handlers, logger, sourceById: routing.sourceById, apiKey: routing.apiKey },
    ...{ newDeliveryId: deliveryIdFor, lastIntakeAt: () => 0, fetch, claims: false, tell: () => {} },
    payloadOf: ({ body }): unknown => JSON.parse(body.toString()),
    httpRunner: () => ({
      ...{ run: async () => {}, batchSize: 1, room: { deliveries: 1, bytes: 1024 } },
      speed: () => ({ open: 'all', concurrency: 1, intervalMs: 0 })
    })
  });
  // Asks nobody: a provider's API on this machine is refused as any private address is.
  const dispatcher = createGuardedAgent(createAddressCheck([]));
  const gaps = createGaps({
    ...{ database, routing, dispatcher, retentionDays: 7, clock: Date.now },
    receiveImported: () => Promise.reject(new Error('Nothing is imported here.'))
  });
  afterAll(async () => {
    await dispatcher.close();
    await deliver.stop();
    routing.stop();
  });
  const mending = createMending({ database, routing, deliver, teller: { mended: () => {} }, publicUrl: null });
  // Nothing is written to the log here.
  const noLog = () => Promise.reject(new Error('This API has no log.'));
  const makeEdited = () => {
    throw new Error('This API makes no messages.');
  };
  const editing = createEditing({ database, routing, deliver, makeEdited, logEdited: noLog });
  return {
    ...{ mending, gaps, editing, database, vault, routing, deliver, logger, handlers: handlerList },
    auth: createAuth({ database, bootstrapKey: null }),
    teller: { account: () => {}, requeued: () => {} },
    sendTest: async () => null,
    clock: { now: Date.now },
    bulk: { nudge: () => {} },
    config: { publicUrl: null }
  } satisfies ApiParts;
}

/** Creates something, or fails the test with the answer. */
export async function make(api: Caller, path: string, body: unknown): Promise<Answer> {
  const answer = await api('POST', path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer;
}

/** A field of an answer; undefined when it has none. */
export function field({ json }: Answer, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

export function idOf(answer: Answer): number {
  const id = field(answer, 'id');
  if (typeof id !== 'number') throw new Error(`The answer has no number as its id: ${answer.text}`);
  return id;
}

/** The field `message` of an error. */
export const sentenceOf = (answer: Answer): string => String(field(answer, 'message'));

export function auditOf(database: Database, subject: string) {
  return database.web<{ actor: string; action: string }[]>`
    select actor, action from audit_log where subject = ${subject} order by id`;
}

// Typed, as expect's own are not.
export const anyText: unknown = expect.any(String);
export const textWith = (part: string): unknown => expect.stringContaining(part);
export const listWith = (...items: object[]): unknown =>
  expect.arrayContaining(items.map((item): unknown => expect.objectContaining(item)));
