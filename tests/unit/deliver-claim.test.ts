// How much of a claim one process loads: by the bytes of its messages, which are not known before it is made.

import { expect, test } from 'vitest';
import { CLAIM_BYTES, withinBudget } from '#lib/server/deliver/claimer.ts';

const claimed = (id: string) => ({
  ...{ id, messageId: `m-${id}`, destinationId: 1, attemptCount: 0, tries: 0, probe: false, leaseToken: 't' }
});
const sized = (sizes: Record<string, number>) =>
  new Map(Object.entries(sizes).map(([id, size]) => [`m-${id}`, size] as const));
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);

test('what is over the budget is put back; something smaller behind it still fits', () => {
  const sizes = sized({ a: CLAIM_BYTES - 10, b: 11, c: 10, d: 1 });
  const { fits, rest, gone } = withinBudget(['a', 'b', 'c', 'd'].map(claimed), sizes);
  expect([ids(fits), ids(rest), ids(gone)]).toEqual([['a', 'c'], ['b', 'd'], []]);
});

test('one that is over it alone is taken, alone', () => {
  const { fits, rest } = withinBudget(['a', 'b'].map(claimed), sized({ a: CLAIM_BYTES * 2, b: 1 }));
  expect([ids(fits), ids(rest)]).toEqual([['a'], ['b']]);
});

test('one whose message is gone is neither', () => {
  const { fits, rest, gone } = withinBudget(['a', 'b'].map(claimed), sized({ b: 1 }));
  expect([ids(fits), ids(rest), ids(gone)]).toEqual([['b'], [], ['a']]);
});
