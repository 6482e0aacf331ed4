// Reads one value of a request, from where a row says it stands.

import { combine, CONFLICT, formField, urlencodedField, type Value } from './form.ts';
import type { Field } from './row.ts';
import type { SignedRequest } from './types.ts';
import type { View } from './view.ts';

export type Reader = (view: View) => Value;

/** Makes the reader of a field, once for each row. */
export function reader(field: Field): Reader {
  const name = nameOf(field);
  switch (kindOf(field)) {
    case 'header': {
      const lowerCase = name.toLowerCase();
      return (view) => header(view.request, lowerCase);
    }
    case 'query':
      return (view) => urlencodedField(view.request.query, name);
    case 'form':
      return (view) => formField(view.request, name);
    default: {
      const path = name.split('.');
      return (view) => text(valueAt(view.json(), path));
    }
  }
}

/** The part after the colon: the header's name, the path. */
export const nameOf = (field: Field): string => field.slice(field.indexOf(':') + 1);
const kindOf = (field: Field): string => field.slice(0, field.indexOf(':'));

/** A field as a sentence names it. */
export function describeField(field: Field): string {
  const name = nameOf(field);
  const words: Record<string, string> = {
    header: `header ${name}`,
    query: `query parameter ${name}`,
    form: `form field ${name}`
  };
  return words[kindOf(field)] ?? `field ${name} of the JSON body`;
}

/** One header's value; CONFLICT when it came more than once with different values. */
export function header(request: SignedRequest, lowerCaseName: string): Value {
  let found: Value = null;
  for (const [name, value] of request.headers) {
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) found = combine(found, value);
  }
  return found;
}

/** Follows own properties only: what `__proto__` or `constructor` would give is never a value. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** Numbers beyond 2^53 were rounded by JSON.parse, 1e400 even to Infinity: two events could look like one. */
function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && isExact(value))) return String(value);
  return null;
}

const isExact = (value: number): boolean => Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** The value where one is given and unambiguous. */
export const onlyText = (value: Value): string | null => (value === CONFLICT ? null : value);
