// Which connections a message takes: the connection's filter, and for handlers the events they want. Pure; whatever a
// sender wrote, it never throws.

import type { ConnectionFilter, FilterCondition, FilterRule } from '#lib/inbox/connection-filter.ts';
import { globMatches } from '#lib/inbox/filter.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { RoutedConnection } from '#lib/server/routing/types.ts';
import type { HandlerDefinition } from './handler.ts';

/** What a filter looks at. */
export interface FilteredMessage {
  eventType: string | null;
  headers: readonly HeaderPair[];
  /** The event's JSON, undefined when there is none. Asked for only when a condition needs it. */
  payload(): unknown;
}

/** True when the message passes the connection's filter and, for a handler, is of an event it wants. */
export function matchesMessage(
  connection: RoutedConnection,
  handler: HandlerDefinition<unknown> | null,
  message: FilteredMessage
): boolean {
  if (connection.handler !== null && !(handler && matchesAny(handler.events, message.eventType))) return false;
  return passes(connection.filter, message);
}

/** True when the message passes the filter; null lets everything pass. */
export function passes(filter: ConnectionFilter | null, message: FilteredMessage): boolean {
  const wanted = filter?.event_types;
  if (wanted && !matchesAny(wanted, message.eventType)) return false;
  return (filter?.conditions ?? []).every((rule) => holds(rule, message));
}

const matchesAny = (patterns: readonly string[], type: string | null): boolean =>
  type !== null && patterns.some((pattern) => globMatches(pattern, type));

/** As deep as a filter is nested; the API's schema bounds that. */
function holds(rule: FilterRule, message: FilteredMessage): boolean {
  if ('any' in rule) return rule.any.some((one) => holds(one, message));
  if ('all' in rule) return rule.all.every((one) => holds(one, message));
  if ('not' in rule) return !holds(rule.not, message);
  return meets(rule, message);
}

function meets(condition: FilterCondition, message: FilteredMessage): boolean {
  const values = valuesAt(condition.field, message);
  switch (condition.test) {
    case 'equals':
      return values.includes(condition.value);
    case 'not':
      return !values.includes(condition.value);
    case 'in':
      return values.some((value) => condition.value.some((one) => one === value));
    case 'exists':
      return values.length > 0 === condition.value;
    case 'prefix':
      return values.some((value) => typeof value === 'string' && value.startsWith(condition.value));
    case 'above':
      return values.some((value) => typeof value === 'number' && value > condition.value);
    case 'below':
      return values.some((value) => typeof value === 'number' && value < condition.value);
  }
}

/** Every header of that name, or what is at that place of the JSON; empty when there is none. */
export function valuesAt(field: string, { headers, payload }: FilteredMessage): unknown[] {
  if (field.startsWith('header:')) {
    const name = field.slice('header:'.length).toLowerCase();
    return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  }
  let place = payload();
  for (const key of field.slice('json:'.length).split('.')) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return [];
    place = Reflect.get(place, key);
  }
  return place === undefined ? [] : [place];
}
