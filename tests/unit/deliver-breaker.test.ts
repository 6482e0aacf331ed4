// When a destination is held, and how it comes back.

import { beforeEach, expect, test } from 'vitest';
import { createBreaker } from '#lib/server/deliver/http/breaker.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
let now = NOW;
beforeEach(() => (now = NOW));
const breaker = () => createBreaker(() => now);
const failure = (delivery: number, counts = true) => ({ deliveryId: `d${delivery}`, error: 'It broke.', counts });
const success = { deliveryId: 'd', error: null, counts: true };

test('ten failures in a row of five deliveries, over three seconds, hold it, with a reason that says since when and what', () => {
  const tried = breaker();
  const reasons = Array.from({ length: 10 }, (_, n) => {
    now = NOW + n * 334;
    return tried.note(failure(n % 5));
  });
  expect(reasons.slice(0, 9)).toEqual(Array(9).fill(null));
  expect(reasons[9]).toBe('10 tries in a row failed since 2026-01-02T03:04:05.000Z. The last: It broke.');
});

test('a restart of a second is no outage; a hundred failures are one, however fast they came', () => {
  const tried = breaker();
  const reasons = Array.from({ length: 100 }, (_, n) => tried.note(failure(n)));
  expect(reasons.findIndex((reason) => reason !== null)).toBe(99);
});

test('one message that fails for ever holds nothing', () => {
  const tried = breaker();
  for (let n = 0; n < 200; n += 1, now += 1000) expect(tried.note(failure(n % 4))).toBeNull();
});

test('a success in between begins the count anew', () => {
  const tried = breaker();
  for (let n = 0; n < 100; n += 1, now += 1000) expect(tried.note(n % 9 === 8 ? success : failure(n))).toBeNull();
});

test('what is said of the message is not held against the destination', () => {
  const tried = breaker();
  for (let n = 0; n < 200; n += 1, now += 1000) expect(tried.note(failure(n, false))).toBeNull();
});

test('one that is back is tried gently, and given up sooner', () => {
  const tried = breaker();
  expect(tried.concurrency(16)).toBe(16);
  tried.recovering();
  expect(tried.concurrency(16)).toBe(1);
  tried.note(success);
  tried.note(success);
  expect([tried.concurrency(16), tried.concurrency(2)]).toEqual([3, 2]);
  expect([1, 2, 3].map((n) => tried.note(failure(n)) !== null)).toEqual([false, false, true]);
  tried.recovering();
  for (let n = 0; n < 50; n += 1) tried.note(success);
  expect(tried.concurrency(16)).toBe(16);
  expect([1, 2, 3].map((n) => tried.note(failure(n)))).toEqual([null, null, null]);
});
