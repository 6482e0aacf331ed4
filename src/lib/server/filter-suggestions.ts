// What there is to filter by: the event types, headers and places in the JSON that a source's newest messages have, with values.

import { isSecretHeader, messageHeaders } from '#lib/inbox/inbox-headers.ts';
import type { StoredMessage } from '#lib/server/deliver/work.ts';
import { sampleOf, type TrialParts } from './filter-trial.ts';

export interface Suggestions {
  eventTypes: string[];
  /** Those that most messages have first. */
  fields: { field: string; examples: string[] }[];
}

const MAX_LEVELS = 8;
const MAX_FIELDS = 300;
const MAX_FIELD_LENGTH = 200;
const MAX_EXAMPLES = 5;
const MAX_EXAMPLE_LENGTH = 80;

interface Seen {
  count: number;
  examples: Set<string>;
}

/** Of the newest hundred messages. */
export async function suggestionsOf(parts: TrialParts, sourceId: number): Promise<Suggestions> {
  const { messages } = await sampleOf(parts, sourceId);
  const fields = new Map<string, Seen>();
  for (const message of messages) for (const [field, value] of fieldsOf(message)) note(fields, field, value);
  const types = Map.groupBy(messages, ({ event }) => event.type ?? '');
  types.delete('');
  return {
    eventTypes: [...types].toSorted(([, a], [, b]) => b.length - a.length).map(([type]) => type),
    fields: [...fields]
      .toSorted(([, a], [, b]) => b.count - a.count)
      .map(([field, { examples }]) => ({ field, examples: [...examples] }))
  };
}

function note(fields: Map<string, Seen>, field: string, value: unknown): void {
  const seen = fields.get(field) ?? { count: 0, examples: new Set<string>() };
  if (seen.count === 0 && fields.size >= MAX_FIELDS) return;
  fields.set(field, seen);
  seen.count += 1;
  const words = typeof value === 'string' ? value : JSON.stringify(value);
  if (seen.examples.size < MAX_EXAMPLES && words.length <= MAX_EXAMPLE_LENGTH) seen.examples.add(words);
}

function* fieldsOf(message: StoredMessage): Generator<[string, unknown]> {
  yield* placesIn(message.payload, 'json:', 0);
  // What proves the sender is nothing to filter by, and not for this screen.
  for (const [name, value] of messageHeaders(message.headers)) {
    if (!isSecretHeader(name)) yield [`header:${name.toLowerCase()}`, value];
  }
}

/** Places that hold a text, a number, true, false or null; of lists the first item. */
function* placesIn(value: unknown, place: string, level: number): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) {
    if (level > 0 && value !== undefined) yield [place, value];
    return;
  }
  if (level >= MAX_LEVELS) return;
  for (const [key, inside] of entriesOf(value)) {
    const next = level === 0 ? `json:${key}` : `${place}.${key}`;
    if (next.length <= MAX_FIELD_LENGTH) yield* placesIn(inside, next, level + 1);
  }
}

/** A key with a dot in it cannot be named. */
function entriesOf(value: object): [string, unknown][] {
  if (Array.isArray(value)) return value.length === 0 ? [] : [['0', value[0]]];
  return Object.entries(value)
    .slice(0, MAX_FIELDS)
    .filter(([key]) => key !== '' && !key.includes('.'));
}
