import { expect, test } from 'vitest';
import { createRecent } from '#lib/server/auth/recent.ts';

function recentAt(start: number) {
  const time = { now: start };
  const asked: string[] = [];
  const recent = createRecent<string>({ keptMs: 3000, maxEntries: 2, clock: () => time.now });
  const get = (name: string) =>
    recent.get(name, async () => {
      asked.push(name);
      return `${name} at ${time.now}`;
    });
  return { ...recent, get, time, asked };
}

test('asks once for many who ask at once, and not again while it is recent', async () => {
  const { get, time, asked } = recentAt(0);
  await Promise.all([get('a'), get('a'), get('a')]);
  time.now = 2999;
  expect(await get('a')).toBe('a at 0');
  expect(asked).toEqual(['a']);
  time.now = 3000;
  expect(await get('a')).toBe('a at 3000');
});

test('a clock that is set back keeps nothing for longer', async () => {
  const { get, time } = recentAt(3_600_000);
  await get('a');
  time.now = 1;
  expect(await get('a')).toBe('a at 1');
});

test('is bounded: the oldest goes', async () => {
  const { get, asked } = recentAt(0);
  for (const name of ['a', 'b', 'c', 'b', 'a']) await get(name);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

test('forgets all on clear', async () => {
  const { get, clear, asked } = recentAt(0);
  await get('a');
  clear();
  await get('a');
  expect(asked).toEqual(['a', 'a']);
});

test('a failed lookup is told to all who wait for it, and not kept', async () => {
  const recent = createRecent<string>({ keptMs: 3000, maxEntries: 2, clock: () => 0 });
  const failing = () => Promise.reject(new Error('the database is away'));
  const outcomes = await Promise.allSettled([recent.get('a', failing), recent.get('a', failing)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await recent.get('a', async () => 'back')).toBe('back');
});
