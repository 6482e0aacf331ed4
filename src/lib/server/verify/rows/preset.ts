// Fills in the sample of a row: an event with its type and id where the row says that they are.

import type { HeaderPair } from '#lib/inbox/types.ts';
import { nameOf } from '../field.ts';
import type { Field, IdentityRow, ProviderRow, SampleRow } from '../row.ts';

type Preset = Omit<ProviderRow, 'sample' | 'identity'> & { identity: IdentityRow; sample?: SampleRow };
type Leaf = readonly [path: readonly string[], value: string];

/** A row without a sample of its own. */
export const preset = (row: Preset): ProviderRow => ({ sample: sampleOf(row.identity), ...row });

function sampleOf({ id, type }: IdentityRow): SampleRow {
  const fields = [...valued(type[0], 'test.event'), ...valued(id[0], '{id}')];
  const headers = fields.flatMap(([field, value]): HeaderPair[] =>
    field.startsWith('header:') ? [[nameOf(field), value]] : []
  );
  const leaves = fields.flatMap(([field, value]): Leaf[] =>
    field.startsWith('json:') ? [[nameOf(field).split('.'), value]] : []
  );
  return { headers, body: nest(leaves) ?? { id: '{id}', hello: 'world' } };
}

const valued = (fields: Field | readonly Field[] | undefined, value: string): [Field, string][] =>
  [fields ?? []].flat().map((field) => [field, value]);

function nest(leaves: readonly Leaf[]): object | null {
  const names = [...new Set(leaves.map(([path]) => path[0] ?? ''))];
  const entries = names.map((name) => {
    const below = leaves.filter(([path]) => path[0] === name).map(([path, value]): Leaf => [path.slice(1), value]);
    return [name, below.find(([path]) => path.length === 0)?.[1] ?? nest(below)] as const;
  });
  if (entries.length === 0) return null;
  return names.every((name) => /^\d+$/.test(name)) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
