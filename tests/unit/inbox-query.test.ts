import { expect, test } from 'vitest';
import { filterCount, listSearch, readInboxQuery, searchAt } from '#lib/inbox/inbox-query.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const read = (search: string) => readInboxQuery(new URLSearchParams(search), NOW);

test('a range moves with the clock, a given time does not', () => {
  expect(read('last=1h').filter.since).toBe('2026-03-01T11:00:00.000Z');
  expect(read('last=1h&since=2026-01-01T00:00:00Z').filter.since).toBe('2026-01-01T00:00:00.000Z');
  expect(read('last=century')).toMatchObject({ filter: {}, last: null });
});

test('times without a zone are UTC, wherever the server stands', () => {
  const { filter, until } = read('since=2026-02-01T08:30&until=2026-02-02T00:00');
  expect([filter.since, until]).toEqual(['2026-02-01T08:30:00.000Z', '2026-02-02T00:00:00.000Z']);
});

test('says what it cannot read, and leaves it out', () => {
  const { filter, until, problems } = read('status=broken&until=soon&source=stripe');
  expect(filter).toEqual({ source: 'stripe' });
  expect(until).toBeNull();
  expect(problems).toEqual([expect.stringContaining('"broken"'), expect.stringContaining('"soon"')]);
});

test('links keep the list and nothing else', () => {
  const parameters = new URLSearchParams('q=a+b&status=&view=raw&cursor=oAB&/preview=');
  expect(listSearch(parameters)).toBe('?q=a+b&cursor=oAB');
  expect(listSearch(parameters, 'first')).toBe('?q=a+b');
  expect(searchAt(parameters, 'before', 'x')).toBe('?q=a+b&before=x');
  expect(searchAt(parameters, 'cursor', null)).toBeNull();
  expect(listSearch(new URLSearchParams('view=raw'))).toBe('');
  expect(filterCount(parameters)).toBe(1);
});
