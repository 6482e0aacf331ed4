// What event is inside a message: its id, which deduplication goes by, and its type, which handlers go by.

import { onlyText, reader, type Reader } from './field.ts';
import type { Field, IdentityRow } from './row.ts';
import type { View } from './view.ts';

export interface Identity {
  id(view: View): string | null;
  type(view: View): string | null;
}

/** Compiles where id and type stand. */
export function compileIdentity(row: IdentityRow): Identity {
  const ids = row.id.map(joined);
  const types = row.type.map(joined);
  return {
    id: (view) => firstOf(ids, (fields) => joinAll(fields, view)),
    type: (view) => firstOf(types, (fields) => joinPresent(fields, view))
  };
}

function joined(alternative: Field | readonly Field[]): readonly Reader[] {
  return typeof alternative === 'string' ? [reader(alternative)] : alternative.map(reader);
}

function firstOf<T>(alternatives: readonly T[], read: (alternative: T) => string | null): string | null {
  for (const alternative of alternatives) {
    const text = read(alternative);
    if (text !== null) return text;
  }
  return null;
}

/** An id that lacks a part could be another event's id: then there is none. */
function joinAll(fields: readonly Reader[], view: View): string | null {
  const texts = fields.map((read) => onlyText(read(view)));
  return texts.every((text) => text !== null && text !== '') ? texts.join('.') : null;
}

function joinPresent([first, ...rest]: readonly Reader[], view: View): string | null {
  const text = first ? onlyText(first(view)) : null;
  if (text === null || text === '') return null;
  return [text, ...rest.map((read) => onlyText(read(view))).filter(Boolean)].join('.');
}
