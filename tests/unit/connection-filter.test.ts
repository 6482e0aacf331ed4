// The filter of a connection: every test of a condition, and payloads made to break it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesMessage, type FilteredMessage } from '#lib/server/deliver/filter.ts';
import {
  ruleWords,
  type ConnectionFilter,
  type FilterCondition,
  type FilterRule
} from '#lib/inbox/connection-filter.ts';

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

const paid: FilterRule = { field: 'json:amount', test: 'equals', value: 1500 };
const other: FilterRule = { field: 'json:amount', test: 'equals', value: 1 };

test.each<[FilterRule, boolean]>([
  [{ any: [other, paid] }, true],
  [{ any: [other] }, false],
  [{ all: [paid, other] }, false],
  [{ all: [paid] }, true],
  [{ not: other }, true],
  [{ not: { any: [other, { all: [paid, { not: other }] }] } }, false]
])('%j: %s', (rule, expected) => {
  expect(passes({ conditions: [rule] })).toBe(expected);
});

const { rule: anyRule } = fc.letrec<{ rule: FilterRule }>((tie) => {
  const field = fc
    .oneof(fc.string(), fc.constantFrom('a', 'a.0', 'length', '__proto__', 'a.constructor'))
    .chain((name) => fc.constantFrom(`json:${name}`, `header:${name}`));
  const scalar = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null));
  const conditions: fc.Arbitrary<FilterRule>[] = [
    fc.record({ field, test: fc.constantFrom('equals', 'not'), value: scalar }),
    fc.record({ field, test: fc.constant('in'), value: fc.array(scalar) }),
    fc.record({ field, test: fc.constant('exists'), value: fc.boolean() }),
    fc.record({ field, test: fc.constant('prefix'), value: fc.string() }),
    fc.record({ field, test: fc.constantFrom('above', 'below'), value: fc.double() })
  ];
  return {
    rule: fc.oneof(
      { depthSize: 'small' },
      ...conditions,
      fc.record({ any: fc.array(tie('rule')) }),
      fc.record({ all: fc.array(tie('rule')) }),
      fc.record({ not: tie('rule') })
    )
  };
});

test('no filter throws, whatever it asks and whatever the payload is; flat and nested in `all` are the same', () => {
  const payload = fc.oneof(
    fc.anything(),
    fc.jsonValue(),
    fc.constant<unknown>(JSON.parse('{"__proto__": {"a": 1}, "a": [{"constructor": null}]}'))
  );
  fc.assert(
    fc.property(fc.array(anyRule), payload, fc.option(fc.string()), (conditions, value, eventType) => {
      const of = { ...message, eventType, payload: () => value };
      const flat = passes({ conditions }, of);
      expect(passes({ conditions: [{ all: conditions }] }, of)).toBe(flat);
      expect(passes({ conditions: [{ not: { all: conditions } }] }, of)).toBe(!flat);
      expect(conditions.map(ruleWords).join()).toBeTypeOf('string');
    })
  );
});
