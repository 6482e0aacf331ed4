// Which connections a message takes: the connection's filter, and for handlers the events they want.

import { globMatches } from '#lib/inbox/filter.ts';
import type { HandlerDefinition } from './handler.ts';
import type { RoutedConnection } from '#lib/server/routing/types.ts';

/** True when the event passes the connection's filter and, for a handler, is one it wants. */
export function matchesEvent(
  connection: RoutedConnection,
  handler: HandlerDefinition<unknown> | null,
  eventType: string | null
): boolean {
  const wanted = connection.filter?.event_types;
  if (wanted && !matchesAny(wanted, eventType)) return false;
  if (connection.handler === null) return true;
  return handler !== null && matchesAny(handler.events, eventType);
}

const matchesAny = (patterns: readonly string[], type: string | null): boolean =>
  type !== null && patterns.some((pattern) => globMatches(pattern, type));
