// What is gathered in memory until it is written: merged, bounded, and put back when it could not be written.

import { expect, test } from 'vitest';
import { createGathering, type Tried } from '#lib/server/problems/gather.ts';

let now = Date.parse('2026-01-31T12:00:00Z');
const gathering = createGathering(() => now);
const id = (n: number) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`;

function tried(then: Tried['then'], n: number, error: string | null = 'It broke.'): void {
  now += 1000;
  gathering.tried({ deliveryId: id(n), messageId: id(n), destinationId: 1, then, error });
}

test('one sign a subject, with the newest messages and the first deliveries', () => {
  for (let n = 1; n <= 30; n += 1) tried('again', n);
  gathering.refused({ messageId: id(1), sourceId: 1, reason: 'No\0secret \ud800' });
  const { signs, recovered } = gathering.take();
  expect(recovered).toEqual([]);
  expect(signs).toMatchObject([
    {
      ...{ kind: 'destination_failing', count: 30, gave_up: false, delivery_ids: [id(1), id(2), id(3)] },
      ...{ first_at: '2026-01-31T12:00:01.000Z', last_at: '2026-01-31T12:00:30.000Z' }
    },
    { kind: 'source_invalid', count: 1, last_error: 'No\ufffdsecret \ufffd' }
  ]);
  expect(signs[0]!.message_ids).toEqual(Array.from({ length: 20 }, (_, at) => id(30 - at)));
  expect(gathering.take()).toEqual({ signs: [], recovered: [] });
});

test('a success forgets what failed before it, but not what gave up', () => {
  tried('again', 1);
  tried('succeeded', 2, null);
  expect(gathering.take()).toMatchObject({ signs: [], recovered: [{ subject_id: 1 }] });
  tried('failed', 1);
  tried('succeeded', 2, null);
  expect(gathering.take()).toMatchObject({ signs: [{ gave_up: true, count: 1 }], recovered: [{ subject_id: 1 }] });
});

test('what could not be written is put back before what has come since', () => {
  tried('again', 1, 'first');
  const taken = gathering.take();
  tried('again', 2, 'second');
  gathering.putBack(taken);
  const again = gathering.take();
  expect(again.signs).toMatchObject([{ count: 2, last_error: 'second', message_ids: [id(2), id(1)] }]);
  tried('succeeded', 3, null);
  gathering.putBack(again);
  expect(gathering.take()).toMatchObject({ signs: [], recovered: [{ subject_id: 1 }] });
});
