import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMoney, minorUnitDigits } from '#lib/inbox/money.ts';

const NO_BREAK_SPACE = '\u00a0';

test.each([
  [1999, 'usd', '$19.99'],
  [1999, 'USD', '$19.99'],
  [-500, 'usd', '-$5.00'],
  [5, 'usd', '$0.05'],
  [0, 'eur', '€0.00'],
  [123456789, 'eur', '€1,234,567.89'],
  [500, 'jpy', '¥500'],
  [-500, 'jpy', '-¥500'],
  [5120, 'kwd', `KWD${NO_BREAK_SPACE}5.120`],
  [500, 'isk', `ISK${NO_BREAK_SPACE}5.00`],
  // V8 writes these without decimals; Stripe counts them in hundredths.
  [1045, 'huf', `HUF${NO_BREAK_SPACE}10.45`],
  [123400, 'cop', `COP${NO_BREAK_SPACE}1,234.00`],
  [1999, 'abcd', '19.99 ABCD']
])('%d of %s reads %s', (amount, currency, words) => {
  expect(formatMoney(amount, currency)).toBe(words);
});

test('the largest safe amount keeps its last cent', () => {
  expect(formatMoney(Number.MAX_SAFE_INTEGER, 'usd')).toBe('$90,071,992,547,409.91');
});

test('a locale of choice', () => {
  expect(formatMoney(123456, 'eur', 'de-DE')).toBe(`1.234,56${NO_BREAK_SPACE}€`);
});

test('no digit of any amount is lost', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('usd', 'jpy', 'kwd', 'huf'), (amount, currency) => {
      const digits = formatMoney(amount, currency).replaceAll(/\D/g, '');
      expect(Number(digits)).toBe(Math.abs(amount));
      expect(minorUnitDigits(currency)).toBeLessThanOrEqual(3);
    })
  );
});
