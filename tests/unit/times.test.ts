// Times as the screens write them.

import { expect, test } from 'vitest';
import { relativeTime, utcTime } from '#lib/ui/times.ts';

const now = Date.parse('2026-11-21T14:02:11.482Z');

test.each([
  [0, 'now'],
  [400, 'now'],
  [4_000, '4 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [3_600_000, '1 h'],
  [86_400_000 * 3 + 5, '3 d'],
  [-240_000, 'in 4 min']
])('%d ms ago is "%s"', (ago, text) => expect(relativeTime(now - ago, now)).toBe(text));

test('UTC has its milliseconds', () => expect(utcTime(now)).toBe('2026-11-21 14:02:11.482 UTC'));
