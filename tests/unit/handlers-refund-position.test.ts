import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RefundReport } from '#lib/server/deliver/handlers/stripe-balance/refund-position.ts';
import { amountRefunded } from '#lib/server/deliver/handlers/stripe-balance/refund-position.ts';

const refunded = (second: number, amount: number): RefundReport => ({
  toldAt: new Date(second * 1000),
  amount,
  returnedRefund: null
});
const returned = (second: number, amount: number, refund = 're_1'): RefundReport => ({
  ...refunded(second, amount),
  returnedRefund: refund
});

describe('what left by refunds', () => {
  test.each<[string, number, RefundReport[]]>([
    ['nothing', 0, []],
    ['parts', 700, [refunded(1, 300), refunded(2, 700)]],
    ['a report that comes late', 700, [refunded(2, 700), refunded(1, 300)]],
    ['a refund that came back left all the same', 400, [refunded(1, 400), returned(2, 400)]],
    ['a failure that comes first', 400, [returned(2, 400)]],
    ['a refund after a failed one', 800, [refunded(1, 400), returned(2, 400), refunded(3, 400)]],
    ['the same, its failure heard of last', 800, [refunded(3, 400), refunded(1, 400), returned(2, 400)]],
    ['a failure told three times', 400, [refunded(1, 400), returned(2, 400), returned(2, 400), returned(9, 400)]],
    ['told again after the next refund', 800, [returned(9, 400), refunded(3, 400), returned(2, 400)]],
    ['two failures of one second', 700, [returned(2, 400), returned(2, 300, 're_2'), refunded(1, 700)]],
    ['a failure in the second of its refund', 400, [refunded(5, 400), returned(5, 400)]]
  ])('%s', (_, amount, reports) => {
    expect(amountRefunded(reports)).toBe(amount);
  });

  test('is the same in every order, and never sinks with one more report', () => {
    const report = fc.record({
      toldAt: fc.integer({ min: 0, max: 5 }).map((second) => new Date(second)),
      amount: fc.integer({ min: 0, max: 9 }),
      returnedRefund: fc.constantFrom(null, 're_1', 're_2', 're_3')
    });
    const shuffled = fc
      .uniqueArray(report, { selector: (one) => `${one.returnedRefund} ${one.toldAt.getTime()}`, maxLength: 8 })
      // A refund has one amount, whoever tells of it.
      .map((reports) => reports.map((one) => (one.returnedRefund === null ? one : { ...one, amount: 4 })))
      .chain((reports) => fc.tuple(fc.constant(reports), fc.shuffledSubarray(reports, { minLength: reports.length })));
    fc.assert(
      fc.property(shuffled, ([reports, other]) => {
        expect(amountRefunded(other)).toBe(amountRefunded(reports));
        expect(amountRefunded(reports)).toBeGreaterThanOrEqual(amountRefunded(reports.slice(1)));
      })
    );
  });
});
