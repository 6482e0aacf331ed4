// Pages of lists that are short enough to be read whole: everything but messages.

import * as v from 'valibot';
import { count } from './schemas/fields.ts';

const MAX_PAGE_SIZE = 500;

export const pageQuery = v.strictObject({
  limit: v.optional(count(1, MAX_PAGE_SIZE, 'Items a page.'), '100'),
  cursor: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'the next_cursor of an earlier answer is needed'), v.transform(Number))
  )
});

/**
 * A page of items in the order of their ids.
 * @param query `cursor` is the last id of the page before
 */
export function pageOf<T extends { id: number }>(items: readonly T[], query: v.InferOutput<typeof pageQuery>) {
  const rest = items.filter((item) => item.id > (query.cursor ?? 0));
  const data = rest.slice(0, query.limit);
  return { data, next_cursor: rest.length > data.length ? String(data.at(-1)?.id) : null };
}
