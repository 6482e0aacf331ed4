// Messages and deliveries as the API gives them. The types are those that screens share: a field that one of them gains
// or loses does not compile here.

import * as v from 'valibot';
import { MAX_FILTER_TEXT, MESSAGE_STATUSES, VERIFICATION_STATUSES } from '#lib/inbox/filter.ts';
import type { DeliveryDetail, DeliverySummary, MessageDetail, MessageSummary } from '#lib/inbox/types.ts';
import { parseCursor } from '#lib/server/log/list-cursor.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '#lib/server/log/list.ts';
import { count, idOut, orNull, smallId, text, timeIn, timeOut, uuidOut } from './fields.ts';

const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `one of ${options.join(', ')} is needed`);

/** What chooses messages: in a list, and in a job. */
export const messageFilter = {
  source: v.exactOptional(v.pipe(v.string(), v.description('The slug of a source.'))),
  status: v.exactOptional(v.pipe(oneOf(MESSAGE_STATUSES), v.description('The worst of the deliveries.'))),
  verification: v.exactOptional(oneOf(VERIFICATION_STATUSES)),
  event_type: v.exactOptional(
    v.pipe(text(MAX_FILTER_TEXT), v.description('`*` stands for any run of characters: `payment_intent.*`.'))
  ),
  q: v.exactOptional(
    v.pipe(
      text(MAX_FILTER_TEXT),
      v.description('Text in an id, type, path or query, or in a payload of the newest messages.')
    )
  ),
  since: v.exactOptional(timeIn('Received at this time or later, ISO 8601.')),
  until: v.exactOptional(timeIn('Received before this time, ISO 8601.'))
};

export const messageQuery = v.strictObject({
  ...messageFilter,
  limit: v.optional(count(1, MAX_PAGE_SIZE, 'Messages a page.'), String(DEFAULT_PAGE_SIZE)),
  cursor: v.exactOptional(
    v.pipe(
      v.string(),
      v.check(
        (cursor) => parseCursor(cursor) !== null,
        'a next_cursor or previous_cursor of an earlier answer is needed'
      )
    )
  )
});

const sourceRef = v.object({ id: idOut, slug: v.string(), name: v.string(), provider: v.string() });

const summaryFields = {
  id: uuidOut,
  source: sourceRef,
  received_at: timeOut,
  remote_ip: v.string(),
  method: v.string(),
  path: v.pipe(v.string(), v.description('As it was asked, undecoded: /in/<slug> and what followed it.')),
  query: v.string(),
  content_type: orNull(v.string()),
  size: v.pipe(idOut, v.description('Bytes of the body.')),
  event_id: orNull(v.string()),
  event_type: orNull(v.string()),
  verification: v.object({ status: v.picklist(VERIFICATION_STATUSES), reason: orNull(v.string()) }),
  duplicate_of: v.pipe(orNull(uuidOut), v.description('The first message of the same event.')),
  origin: v.picklist(['received', 'test', 'edited', 'imported', 'handshake']),
  status: v.picklist(MESSAGE_STATUSES)
};

const deliveryFields = {
  id: uuidOut,
  destination: v.object({ id: idOut, name: v.string() }),
  status: v.picklist(['pending', 'held', 'succeeded', 'failed']),
  attempt_count: idOut,
  next_attempt_at: orNull(timeOut),
  last_error: orNull(v.string()),
  version: idOut
};

const deliverySummaryOut: v.GenericSchema<DeliverySummary> = v.object(deliveryFields);

const messageSummaryOut: v.GenericSchema<MessageSummary> = v.object(summaryFields);

export const messagePageOut = v.object({
  data: v.array(messageSummaryOut),
  next_cursor: orNull(v.string()),
  previous_cursor: orNull(v.string())
});

export const messageOut: v.GenericSchema<MessageDetail> = v.object({
  ...summaryFields,
  headers: v.pipe(
    v.array(v.tuple([v.string(), v.string()])),
    v.description('In order, with case and repeats: [name, value].')
  ),
  body_sha256: v.string(),
  payload: v.pipe(v.unknown(), v.description('The JSON body, verbatim; null when the body is not JSON.')),
  verification: v.object({
    status: v.picklist(VERIFICATION_STATUSES),
    reason: orNull(v.string()),
    detail: orNull(v.record(v.string(), v.unknown()))
  }),
  body_dropped: v.boolean(),
  edited_from: v.pipe(orNull(uuidOut), v.description('The message that this one was made from by editing it.')),
  deliveries: v.array(deliverySummaryOut)
});

export const deliveryOut: v.GenericSchema<DeliveryDetail> = v.object({
  ...deliveryFields,
  message_id: uuidOut,
  attempts: v.array(
    v.object({
      number: idOut,
      started_at: timeOut,
      duration_ms: v.number(),
      outcome: v.string(),
      status_code: orNull(idOut),
      error: orNull(v.string()),
      detail: orNull(v.record(v.string(), v.unknown()))
    })
  )
});

export const redelivery = v.strictObject({
  destination: v.optional(
    v.pipe(smallId, v.description('Only to this destination; else to all that the message has gone or would go to.'))
  ),
  dry_run: v.optional(v.pipe(v.boolean(), v.description('Compute and show the effects, apply none.')), false)
});

export const redeliveredOut = v.object({ deliveries: v.array(v.object({ id: uuidOut })) });

export const reverifiedOut = v.object({
  id: uuidOut,
  verification: v.object({ status: v.picklist(VERIFICATION_STATUSES), reason: orNull(v.string()) }),
  duplicate_of: v.pipe(
    orNull(uuidOut),
    v.description('The first message of the same event, when this is not it: then no deliveries are made.')
  ),
  deliveries: v.pipe(v.array(v.object({ id: uuidOut })), v.description('On their way, when the message is valid now.'))
});

const effect = v.looseObject({ kind: v.string(), summary: v.string() });

export const previewOut = v.object({
  dry_run: v.literal(true),
  effects: v.pipe(v.array(effect), v.description('What would change, over all destinations.')),
  destinations: v.array(
    v.object({
      destination: v.object({ id: idOut, name: v.string() }),
      outcome: v.string(),
      summary: v.string(),
      effects: v.array(effect)
    })
  )
});
