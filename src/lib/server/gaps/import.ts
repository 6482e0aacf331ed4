// An event that was fetched becomes a message of origin "imported": nobody signed it, so handlers refuse it and it claims
// no event. If the provider still delivers it, that message is the event's first.

import type { Database } from '#lib/server/database/connect.ts';
import { findEvents } from '#lib/server/log/find-events.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { problem, type Filled, type OrProblem } from './types.ts';

const DAY_MS = 86_400_000;

/** Logs what was fetched. Resolves after the commit. */
export type ReceiveImported = (source: RoutedSource, body: Buffer) => Promise<{ id: string }>;

interface ImportParts {
  database: Database;
  receiveImported: ReceiveImported;
  retentionDays: number;
  clock: () => number;
}

/** Makes what stores an event once, also when two people click. */
export function createImporter({ database, receiveImported, retentionDays, clock }: ImportParts) {
  const underWay = new Set<string>();

  async function store(source: RoutedSource, eventId: string, body: string): Promise<Filled> {
    const since = clock() - retentionDays * DAY_MS;
    const known = (await findEvents(database, source.id, { eventIds: [eventId], since })).get(eventId);
    if (known && known.state !== 'invalid') {
      const message = known.state === 'arrived' ? 'It has arrived.' : 'It has been fetched before.';
      return { outcome: 'already_here', message, message_id: known.messageId };
    }
    const { id } = await receiveImported(source, Buffer.from(body));
    const message =
      'Stored as imported and sent to the HTTP destinations that take it. Handlers refuse it: set webhook_endpoint to ' +
      'have Stripe itself send it.';
    return { outcome: 'stored', message, message_id: id };
  }

  return async (source: RoutedSource, eventId: string, body: string): Promise<OrProblem<Filled>> => {
    const name = `${source.id} ${eventId}`;
    if (underWay.has(name)) return problem('provider_refused', 'Somebody else is fetching it at this moment.');
    underWay.add(name);
    try {
      return await store(source, eventId, body);
    } finally {
      underWay.delete(name);
    }
  };
}
