import { expect, test } from 'vitest';
import { createAttemptLimit } from '#lib/server/auth/attempt-limit.ts';

function limitAt(start: number, options: { maxKeys?: number } = {}) {
  const time = { now: start };
  const limit = createAttemptLimit({ burst: 3, refillMs: 10_000, maxKeys: 100, ...options, clock: () => time.now });
  return { ...limit, time };
}

test('lets a burst through, then one more each time one is forgiven', () => {
  const { take, time } = limitAt(1_000_000);
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 10]);
  time.now += 9_001;
  expect(take('a')).toBe(1);
  time.now += 999;
  expect([take('a'), take('a')]).toEqual([0, 10]);
});

test('an attempt that is refused costs nothing: waiting as told is enough', () => {
  const { take, time } = limitAt(0);
  for (let attempt = 0; attempt < 50; attempt += 1) take('a');
  time.now += 10_000;
  expect(take('a')).toBe(0);
});

test('keys do not share', () => {
  const { take } = limitAt(0);
  for (let attempt = 0; attempt < 4; attempt += 1) take('a');
  expect(take('b')).toBe(0);
});

test('what is given back or forgotten does not count', () => {
  const { take, giveBack, forget } = limitAt(0);
  for (let attempt = 0; attempt < 3; attempt += 1) take('a');
  giveBack('a');
  expect([take('a'), take('a')]).toEqual([0, 10]);
  forget('a');
  expect(take('a')).toBe(0);
});

test('giving back more than was taken earns no larger burst', () => {
  const { take, giveBack } = limitAt(0);
  take('a');
  for (let times = 0; times < 10; times += 1) giveBack('a');
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 10]);
});

test('a full table fails closed: all new keys share one burst', () => {
  const { take } = limitAt(0, { maxKeys: 2 });
  take('a');
  take('b');
  expect(['c', 'd', 'e', 'f', 'g'].map((key) => take(key))).toEqual([0, 0, 0, 10, 10]);
  expect(take('a')).toBe(0);
});

test('a full table makes room for new keys when old ones are forgiven', () => {
  const { take, time } = limitAt(0, { maxKeys: 2 });
  take('a');
  take('b');
  for (let attempt = 0; attempt < 4; attempt += 1) take('c');
  time.now += 10_000;
  expect(['d', 'd', 'd', 'd'].map((key) => take(key))).toEqual([0, 0, 0, 10]);
});

test('a clock that is set back a day locks nobody out for a day', () => {
  const { take, time } = limitAt(86_400_000);
  for (let attempt = 0; attempt < 3; attempt += 1) take('a');
  time.now = 0;
  expect(take('a')).toBe(10);
  time.now += 10_000;
  expect(take('a')).toBeLessThanOrEqual(30);
});
