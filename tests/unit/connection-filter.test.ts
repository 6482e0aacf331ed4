// The filter of a connection: every test of a condition, and payloads made to break it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesMessage, type FilteredMessage } from '#lib/server/deliver/filter.ts';
import type { ConnectionFilter, FilterCondition } from '#lib/server/routing/types.ts';

const message: FilteredMessage = {
  eventType: 'invoice.paid',
  headers: [
    ['X-Env', 'test'],
    ['x-env', 'live']
  ],
  payload: () => ({ amount: 1500, big: 2 ** 53, lines: [{ sku: 'A-1' }], gone: null, livemode: true })
};
const passes = (filter: ConnectionFilter | null, of = message) =>
  matchesMessage({ destinationId: 1, handler: null, filter }, null, of);

test.each<[FilterCondition, boolean]>([
  [{ field: 'header:x-ENV', test: 'equals', value: 'live' }, true],
  [{ field: 'header:x-env', test: 'equals', value: 'other' }, false],
  [{ field: 'header:x-none', test: 'exists', value: true }, false],
  [{ field: 'header:x-none', test: 'exists', value: false }, true],
  [{ field: 'json:lines.0.sku', test: 'prefix', value: 'A-' }, true],
  [{ field: 'json:lines.1.sku', test: 'prefix', value: 'A-' }, false],
  [{ field: 'json:amount', test: 'above', value: 1499 }, true],
  [{ field: 'json:amount', test: 'above', value: 1500 }, false],
  [{ field: 'json:amount', test: 'below', value: 1501 }, true],
  [{ field: 'json:amount', test: 'equals', value: '1500' }, false],
  [{ field: 'json:big', test: 'equals', value: Number.MAX_SAFE_INTEGER }, false],
  [{ field: 'json:big', test: 'above', value: Number.MAX_SAFE_INTEGER }, true],
  [{ field: 'json:gone', test: 'equals', value: null }, true],
  [{ field: 'json:gone', test: 'exists', value: true }, true],
  [{ field: 'json:gone.deeper', test: 'exists', value: true }, false],
  [{ field: 'json:livemode', test: 'not', value: true }, false],
  [{ field: 'json:absent', test: 'not', value: true }, true],
  [{ field: 'json:amount', test: 'in', value: [1, 1500] }, true],
  [{ field: 'json:amount', test: 'in', value: [1, 2] }, false],
  [{ field: 'json:__proto__', test: 'exists', value: true }, false],
  [{ field: 'json:lines.map', test: 'exists', value: true }, false]
])('%j: %s', (condition, expected) => {
  expect(passes({ conditions: [condition] })).toBe(expected);
});

test('event types and every condition must hold', () => {
  const holds: FilterCondition = { field: 'json:amount', test: 'above', value: 1 };
  const fails: FilterCondition = { field: 'json:amount', test: 'below', value: 1 };
  expect(passes(null)).toBe(true);
  expect(passes({ event_types: ['invoice.*'], conditions: [holds] })).toBe(true);
  expect(passes({ event_types: ['charge.*'], conditions: [holds] })).toBe(false);
  expect(passes({ conditions: [holds, fails] })).toBe(false);
});

test('the JSON is not read for headers and event types', () => {
  let reads = 0;
  const counted = { ...message, payload: () => (reads += 1) };
  passes({ event_types: ['invoice.*'], conditions: [{ field: 'header:x-env', test: 'exists', value: true }] }, counted);
  expect(reads).toBe(0);
  passes({ conditions: [{ field: 'json:a', test: 'exists', value: true }] }, counted);
  expect(reads).toBe(1);
});

test('equals and not are opposites, whatever the JSON and the path are', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.integer(), (value, path, wanted) => {
      const of = { ...message, payload: () => value };
      const field = `json:${path}`;
      const equals = passes({ conditions: [{ field, test: 'equals', value: wanted }] }, of);
      expect(passes({ conditions: [{ field, test: 'not', value: wanted }] }, of)).toBe(!equals);
    })
  );
});
