// Problems and where alerts of them go, as the API takes and gives them.

import * as v from 'valibot';
import { count, idOut, listOf, orNull, smallId, timeOut, uuidOut } from './fields.ts';

const MAX_PAGE_SIZE = 100;

export const problemQuery = v.strictObject({
  status: v.optional(
    v.pipe(
      v.picklist(['open', 'resolved', 'all'], 'open, resolved or all is needed'),
      v.description('Which problems.')
    ),
    'open'
  ),
  limit: v.optional(count(1, MAX_PAGE_SIZE, 'Items a page.'), '50'),
  cursor: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'the next_cursor of an earlier answer is needed'), v.transform(Number))
  )
});

export const problemOut = v.object({
  id: idOut,
  kind: v.picklist(['destination_failing', 'destination_held', 'source_invalid']),
  status: v.picklist(['open', 'resolved']),
  subject: v.object({
    type: v.picklist(['destination', 'source']),
    id: idOut,
    name: v.string(),
    slug: v.pipe(orNull(v.string()), v.description('Of a source that is still there.'))
  }),
  count: v.pipe(v.number(), v.integer(), v.description('Failed tries of deliveries, or invalid messages.')),
  first_at: timeOut,
  last_at: timeOut,
  last_error: orNull(v.string()),
  summary: v.pipe(v.string(), v.description('What is wrong, in words.')),
  next_step: v.string(),
  message_ids: v.pipe(v.array(uuidOut), v.description('The newest 20, newest first.')),
  opened_at: timeOut,
  resolved_at: orNull(timeOut),
  resolved_by: v.pipe(orNull(v.string()), v.description('`itself`, or who.')),
  resolution: orNull(v.string()),
  alert: v.object({
    sent: v.pipe(v.number(), v.integer()),
    last_at: orNull(timeOut),
    next_at: v.pipe(orNull(timeOut), v.description('Not before; and only if a destination for alerts is chosen.')),
    error: v.pipe(orNull(v.string()), v.description('Of the last try; null when it was taken.'))
  }),
  version: v.pipe(v.number(), v.integer())
});

export const problemPageOut = listOf(problemOut);

export const alertSettingsChange = v.strictObject({
  destination: v.pipe(v.nullable(smallId), v.description('The id of an HTTP destination; null: no alerts.'))
});

export const alertSettingsOut = v.object({
  destination: orNull(v.object({ id: idOut, name: v.string() })),
  last_sent_at: orNull(timeOut),
  failing: v.pipe(
    orNull(v.object({ count: v.pipe(v.number(), v.integer()), error: v.string() })),
    v.description('Alerts whose last try failed; they are tried again.')
  )
});
