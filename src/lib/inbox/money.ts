// Amounts as people read them. Browser and server: a screen and a timeline say the same words for the same amount.

// How many of a currency's minor units make one is the payment provider's word, not the locale data's: V8 writes HUF and COP
// without decimals, Stripe counts both in hundredths. Whatever is not named here has two.
// Source: docs.stripe.com/currencies (zero-decimal, three-decimal, special cases: ISK and UGX stay two-decimal there).
const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const THREE_DECIMAL = new Set('bhd iqd jod kwd lyd omr tnd'.split(' '));

const formats = new Map<string, Intl.NumberFormat>();

/** Digits after the decimal point: 2 for usd, 0 for jpy, 3 for kwd. */
export function minorUnitDigits(currency: string): number {
  const code = currency.toLowerCase();
  if (ZERO_DECIMAL.has(code)) return 0;
  return THREE_DECIMAL.has(code) ? 3 : 2;
}

/**
 * "$19.99" for (1999, 'usd'); "-¥500" for (-500, 'jpy'). Exact up to 2^53, since no division takes part.
 * @param amountMinor integer minor units, signed
 * @param currency ISO 4217 code in any case; one that Intl does not take is written as it is: "19.99 ABCD"
 * @param locale BCP 47; English unless told, as the words around it are
 */
export function formatMoney(amountMinor: number, currency: string, locale = 'en-US'): string {
  const decimal = toDecimal(amountMinor, minorUnitDigits(currency));
  if (!isDecimal(decimal) || !/^[a-z]{3}$/i.test(currency)) return `${decimal} ${currency.toUpperCase()}`;
  return moneyFormat(currency, locale).format(decimal);
}

/** Shifts the decimal point in the digits themselves: 1999 with two digits is "19.99". */
function toDecimal(amountMinor: number, digits: number): string {
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = text.slice(text.length - digits);
  return `${amountMinor < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function isDecimal(text: string): text is `${number}` {
  return /^-?\d+(\.\d+)?$/.test(text);
}

function moneyFormat(currency: string, locale: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const known = formats.get(key);
  if (known) return known;
  const digits = minorUnitDigits(currency);
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  });
  formats.set(key, format);
  return format;
}
