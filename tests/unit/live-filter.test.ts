import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFilter, globMatches, matches, matchesFields, parseFilter, type InboxFilter } from '#lib/inbox/filter.ts';
import { summary } from '../support/live.ts';

const parse = (query: string) => parseFilter(new URLSearchParams(query));

test('an empty filter lets everything pass', () => {
  expect(matches({}, summary())).toBe(true);
});

test.each<[InboxFilter, boolean]>([
  [{ source: 'stripe' }, true],
  [{ source: 'str' }, false],
  [{ status: 'pending' }, true],
  [{ status: 'failed' }, false],
  [{ verification: 'valid' }, true],
  [{ verification: 'invalid' }, false],
  [{ event_type: 'invoice.*' }, true],
  [{ event_type: 'invoice' }, false],
  [{ q: 'EVT_1' }, true],
  [{ q: 'hooks' }, true],
  [{ q: 'nowhere' }, false],
  [{ since: '2026-01-31T12:00:00.000Z' }, true],
  [{ since: '2026-01-31T12:00:00.001Z' }, false],
  [{ source: 'stripe', event_type: 'invoice.*', q: 'evt' }, true],
  [{ source: 'stripe', event_type: 'invoice.*', status: 'failed' }, false]
])('%j lets the message pass: %s', (filter, expected) => {
  const message = summary({ event_id: 'evt_1', event_type: 'invoice.paid', path: '/hooks' });
  expect(matches(filter, message)).toBe(expected);
});

test('a text that may be in the payload is left to the database', () => {
  expect(matchesFields({ q: 'nowhere' }, summary())).toBe(true);
});

test('a message without a type fits only the pattern that takes anything', () => {
  expect(matches({ event_type: '*' }, summary({ event_type: null }))).toBe(true);
  expect(matches({ event_type: 'a*' }, summary({ event_type: null }))).toBe(false);
});

test('a pattern matches as the regular expression it stands for', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(piece, piece, (pattern, text) => {
      const source = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
      expect(globMatches(pattern, text)).toBe(new RegExp(`^${source.join('.*')}$`).test(text));
    })
  );
});

test('a pattern of many stars is decided at once', () => {
  const started = performance.now();
  expect(globMatches(`${'*a'.repeat(100)}b`, 'a'.repeat(100_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(200);
});

test('what is wrong is said for each part, and the rest is taken', () => {
  const { filter, problems } = parse('source=stripe&status=broken&verification=maybe&since=yesterday');
  expect(filter).toEqual({ source: 'stripe' });
  expect(problems).toEqual([
    'status is "broken": one of failed, held, pending, succeeded, none is needed.',
    'verification is "maybe": one of valid, invalid, none, pending is needed.',
    'since is "yesterday": a time such as 2026-01-31T12:00:00Z is needed.'
  ]);
});

test('a text that is too long is refused, with the limit', () => {
  expect(parse(`q=${'x'.repeat(201)}`).problems).toEqual(['q has 201 characters: at most 200 are taken.']);
});

test('empty parts count as not given', () => {
  expect(parse('source=&status=&q=%20')).toEqual({ filter: {}, problems: [] });
});

test('a filter survives its URL', () => {
  const filter = fc.record(
    {
      source: fc.constantFrom('stripe', 'a-b'),
      status: fc.constantFrom('failed' as const, 'none' as const),
      verification: fc.constantFrom('valid' as const, 'pending' as const),
      event_type: fc.constantFrom('a.*', 'ü&=?'),
      q: fc.constantFrom('a b', '100 %', '+'),
      since: fc.constant('2026-01-31T12:00:00.000Z')
    },
    { requiredKeys: [] }
  );
  fc.assert(
    fc.property(filter, (each) => {
      expect(parseFilter(new URLSearchParams(formatFilter(each).toString()))).toEqual({ filter: each, problems: [] });
    })
  );
});
