// What a provider says it sent, as the API takes and gives it.

import * as v from 'valibot';
import { orNull, text, timeIn, timeOut, uuidOut } from './fields.ts';

/** As many as one look can show. */
const MAX_IDS = 300;

export const gapsQuery = v.strictObject({
  since: v.optional(timeIn('Sent at or after this time. Without it: 24 hours before `until`.')),
  until: v.optional(timeIn('Sent before this time. Without it: now.')),
  cursor: v.optional(
    v.pipe(text(500), v.description('The next_cursor of an earlier answer, with the same since and until.'))
  ),
  only: v.optional(v.pipe(v.literal('missing'), v.description('Only what never arrived.')))
});

export const gapsFetch = v.strictObject({
  ids: v.pipe(
    v.array(text(300)),
    v.nonEmpty('one id at least is needed'),
    v.maxLength(MAX_IDS, `at most ${MAX_IDS} ids are taken at once`),
    v.description('The ids of items of GET /sources/{id}/gaps.')
  )
});

const gapOut = v.object({
  id: v.string(),
  event_id: v.string(),
  event_type: v.string(),
  sent_at: timeOut,
  provider: v.pipe(
    v.object({ ok: orNull(v.boolean()), status_code: orNull(v.pipe(v.number(), v.integer())), text: v.string() }),
    v.description('What the provider says of its sending: the status that it was answered, where it tells.')
  ),
  state: v.pipe(
    v.picklist(['arrived', 'invalid', 'imported', 'missing', 'unknown']),
    v.description('unknown: it was sent longer ago than the log keeps messages.')
  ),
  message_id: v.pipe(orNull(uuidOut), v.description('null: there is none, or it is gone.'))
});

export const gapsOut = v.object({
  data: v.array(gapOut),
  next_cursor: orNull(v.string()),
  looked: v.pipe(
    v.object({ count: v.pipe(v.number(), v.integer()), back_to: orNull(timeOut) }),
    v.description("How many lines of the provider's list this answer is of, and when the oldest was sent.")
  ),
  notes: v.array(v.string())
});

export const filledOut = v.object({
  data: v.array(
    v.object({
      id: v.string(),
      outcome: v.picklist(['asked', 'stored', 'already_here', 'failed', 'not_tried']),
      message: v.string(),
      message_id: orNull(uuidOut)
    })
  )
});
