// A filter as rows of a form, and back.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConnectionFilter, FilterCondition } from '#lib/inbox/connection-filter.ts';
import { filterOfRows, rowsOf } from '#lib/inbox/filter-rows.ts';

const field = fc.constantFrom('json:a', 'json:data.object.0', 'header:x-env');
// As the API stores them: without white space at their ends.
const text = fc.string().filter((value) => value !== '' && value === value.trim());
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .filter((n) => !Object.is(n, -0));
const scalar = fc.oneof(
  text,
  fc.constantFrom('1500', 'true', 'null', '"quoted"', 'a, b', '"', '-1e3'),
  number,
  fc.boolean(),
  fc.constant(null)
);
const condition: fc.Arbitrary<FilterCondition> = fc.oneof(
  fc.record({ field, test: fc.constantFrom('equals' as const, 'not' as const), value: scalar }),
  fc.record({ field, test: fc.constant('in' as const), value: fc.array(scalar, { minLength: 1 }) }),
  fc.record({ field, test: fc.constant('exists' as const), value: fc.boolean() }),
  fc.record({ field, test: fc.constant('prefix' as const), value: text }),
  fc.record({ field, test: fc.constantFrom('above' as const, 'below' as const), value: number })
);

test('a filter as rows says the same filter', () => {
  fc.assert(
    fc.property(fc.array(condition, { minLength: 1 }), (conditions) => {
      const filter: ConnectionFilter = { event_types: ['invoice.*', 'charge.paid'], conditions };
      const rows = rowsOf(filter) ?? [];
      expect(filterOfRows('invoice.*, charge.paid', rows)).toEqual({ filter, problems: [] });
    })
  );
});

test('nothing filled in lets everything pass; what is nested is no rows', () => {
  expect(filterOfRows(' ', [{ field: ' ', test: 'equals', value: 'x' }])).toEqual({ filter: null, problems: [] });
  expect(rowsOf(null)).toEqual([]);
  expect(rowsOf({ conditions: [{ not: { field: 'json:a', test: 'exists', value: true } }] })).toBeNull();
});

test('a field without its kind is a place in the JSON; what is no number is said', () => {
  const rows = [
    { field: 'data.amount', test: 'above', value: '10' },
    { field: 'header:x', test: 'below', value: 'ten' }
  ];
  expect(filterOfRows('', rows)).toEqual({
    filter: { conditions: [{ field: 'json:data.amount', test: 'above', value: 10 }] },
    problems: ['header:x: "ten" is no number, and only numbers are above or below another.']
  });
});
