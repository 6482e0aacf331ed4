// How much of each destination one process takes in hand: a lot of one leaves room for the others.

import { expect, test } from 'vitest';
import { createHands, HANDLER_ROOM, HTTP_ROOM } from '#lib/server/deliver/hands.ts';
import type { Work } from '#lib/server/deliver/work.ts';

const [HANDLER, DEAD, HEALTHY] = [1, 2, 3];
let counter = 0;

function work(destinationId: number, bytes = 2): Work {
  counter += 1;
  const message = {
    ...{ id: 'm', receivedAt: new Date(0), source: { id: 1, slug: 's', provider: 'none', options: {} } },
    ...{
      method: 'POST',
      path: '',
      query: '',
      contentType: null,
      payload: null,
      headers: [],
      body: Buffer.alloc(bytes)
    },
    ...{ event: { id: null, type: null }, verification: 'none' as const, origin: 'received' as const }
  };
  return { id: `d${counter}`, destinationId, attemptCount: 0, tries: 0, probe: false, leaseToken: 't', message };
}
const some = (count: number, destinationId: number, bytes?: number) =>
  Array.from({ length: count }, () => work(destinationId, bytes));
const hands = () => createHands((id) => (id === HANDLER ? HANDLER_ROOM : HTTP_ROOM));

test('one that is full is full for itself only', () => {
  const held = hands();
  held.take(some(HTTP_ROOM.deliveries, DEAD));
  expect([HANDLER, DEAD, HEALTHY].map(held.hasRoom)).toEqual([true, false, true]);
  expect(held.short()).toEqual([DEAD]);
  expect(held.isFull()).toBe(false);
});

test('by the bytes too; a body of any size finds room in empty hands', () => {
  const held = hands();
  expect(held.hasRoom(DEAD)).toBe(true);
  held.take([work(DEAD, HTTP_ROOM.bytes * 2)]);
  expect([HANDLER, DEAD, HEALTHY].map(held.hasRoom)).toEqual([true, false, true]);
});

test('says once that it has room again, when half of it is done', () => {
  const held = hands();
  const taken = some(HTTP_ROOM.deliveries, DEAD);
  held.take(taken);
  const half = HTTP_ROOM.deliveries / 2;
  expect(taken.slice(0, half).map((one) => held.drop([one]))).toEqual(Array(half).fill(false));
  expect(held.drop([taken[half]!])).toBe(true);
  expect(held.drop([taken[half + 1]!])).toBe(false);
  expect(held.count()).toBe(half - 2);
});

test('what was dropped is counted once', () => {
  const held = hands();
  const [one, two] = [work(DEAD, HTTP_ROOM.bytes), work(DEAD, HTTP_ROOM.bytes)];
  held.take([one, two]);
  held.drop([one]);
  held.drop([one]);
  expect(held.hasRoom(DEAD)).toBe(false);
  held.drop([two]);
  expect(held.hasRoom(DEAD)).toBe(true);
});

test('there is an end to all of it', () => {
  const held = hands();
  for (let destination = 100; !held.isFull(); destination += 1) held.take(some(2, destination, HTTP_ROOM.bytes));
  expect(held.hasRoom(HEALTHY)).toBe(false);
  expect(held.count()).toBeLessThan(1_000);
});
