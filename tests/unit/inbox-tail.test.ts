import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  dropRows,
  MAX_ROWS,
  showWaiting,
  startTail,
  takeDelivery,
  takeMessage,
  type Tail
} from '#lib/inbox/inbox-tail.ts';
import type { DeliveryChange, MessageSummary } from '#lib/inbox/types.ts';

function message(number: number, fields: Partial<MessageSummary> = {}): MessageSummary {
  return {
    ...{ id: `0199${String(number).padStart(8, '0')}`, received_at: '2026-01-01T00:00:00.000Z', remote_ip: '::1' },
    ...{ source: { id: 1, slug: 'stripe', name: 'Stripe', provider: 'stripe' }, method: 'POST', path: '', query: '' },
    ...{ content_type: null, size: 2, event_id: null, event_type: null, duplicate_of: null, origin: 'received' },
    ...{ verification: { status: 'valid', reason: null }, status: 'pending' },
    ...fields
  };
}

const change = (number: number, status: MessageSummary['status']) =>
  ({ message_id: message(number).id, message_status: status }) as DeliveryChange;
const numbers = (messages: readonly MessageSummary[]) => messages.map(({ id }) => Number(id.slice(4)));
const grown = (tail: Tail, list: number[], follow: boolean) =>
  list.reduce((grows, number) => takeMessage(grows, message(number), follow), tail);

test('puts a message where its time belongs, whatever order frames come in', () => {
  const tail = grown(startTail([message(5), message(1)]), [9, 7, 8, 3], true);
  expect(numbers(tail.rows)).toEqual([9, 8, 7, 5, 3, 1]);
});

test('lets new ones wait and shows them when asked', () => {
  const waiting = grown(startTail([message(1)]), [2, 3], false);
  expect(numbers(waiting.rows)).toEqual([1]);
  expect(waiting.newCount).toBe(2);
  const shown = showWaiting(waiting);
  expect(numbers(shown.rows)).toEqual([3, 2, 1]);
  expect(shown).toMatchObject({ newCount: 0, waiting: [], trimmed: false });
});

test('a repeat is not new', () => {
  const tail = grown(grown(startTail([message(1)]), [2], false), [1, 2], false);
  expect(tail).toMatchObject({ newCount: 1 });
});

test('a status moves in rows and in what waits', () => {
  let tail = grown(startTail([message(1)]), [2], false);
  tail = takeDelivery(takeDelivery(tail, change(1, 'failed')), change(2, 'succeeded'));
  expect(tail.rows[0]?.status).toBe('failed');
  expect(tail.waiting[0]?.status).toBe('succeeded');
  expect(takeDelivery(tail, change(2, 'succeeded'))).toBe(tail);
});

test('drops what no longer passes', () => {
  const tail = takeDelivery(startTail([message(2), message(1)]), change(2, 'succeeded'));
  expect(numbers(dropRows(tail, ({ status }) => status === 'pending').rows)).toEqual([1]);
});

test('never shows a gap: what is shown is the newest of all, or begins anew', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2 * MAX_ROWS + 50 }), (before, coming) => {
      const known = Array.from({ length: before }, (_, i) => message(before - i));
      const arrivals = Array.from({ length: coming }, (_, i) => before + i + 1);
      const tail = showWaiting(grown(startTail(known), arrivals, false));
      const all = Array.from({ length: before + coming }, (_, i) => before + coming - i);
      expect(numbers(tail.rows)).toEqual(all.slice(0, tail.rows.length));
      expect(tail.rows.length).toBe(Math.min(all.length, coming > MAX_ROWS ? MAX_ROWS : all.length, MAX_ROWS));
      expect(tail.trimmed).toBe(all.length > tail.rows.length);
    })
  );
});
