// Destinations as the API takes and gives them.

import * as v from 'valibot';
import { optionFields, shownOptionFields } from './destination-options.ts';
import { idOut, name, orNull, timeOut } from './fields.ts';

const MAX_KEEP_SECONDS = 30 * 86_400;
const DEFAULT_KEEP_SECONDS = 86_400;

const url = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(2000, 'at most 2000 characters are taken'),
  v.check(
    (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
    'a URL that starts with https:// or http:// is needed'
  ),
  v.check(
    (value) => !URL.canParse(value) || new URL(value).username + new URL(value).password === '',
    'credentials do not belong in the URL'
  ),
  v.description('Where the exact bytes are posted to.')
);

const secret = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty('a secret is needed'),
  v.maxLength(1000, 'at most 1000 characters are taken'),
  v.check((value) => !value.startsWith('whsec_') || /^whsec_[\w+/-]+={0,2}$/.test(value), 'base64 must follow whsec_'),
  v.description('Signs the deliveries by Standard Webhooks. Made, and shown this once, when not given.')
);

export const newDestination = v.strictObject({ name, url, secret: v.optional(secret), ...optionFields });

export const destinationChange = v.strictObject({
  name: v.optional(name),
  url: v.optional(url),
  secret: v.optional(secret),
  ...optionFields
});

export const secretRotation = v.strictObject({
  secret: v.optional(secret),
  keep_seconds: v.optional(
    v.pipe(
      v.number(),
      v.integer('a whole number is needed'),
      v.minValue(0, `0 to ${MAX_KEEP_SECONDS} are taken`),
      v.maxValue(MAX_KEEP_SECONDS, `0 to ${MAX_KEEP_SECONDS} are taken`),
      v.description('How long the present secret signs beside the new one; 0 ends it at once.')
    ),
    DEFAULT_KEEP_SECONDS
  )
});

const stateOut = v.object({
  status: v.picklist(['active', 'paused', 'held']),
  since: orNull(timeOut),
  reason: orNull(v.string()),
  next_probe_at: orNull(timeOut),
  waiting: v.pipe(v.number(), v.description('Deliveries that wait for it, counted up to 10,000.'))
});

const destinationFields = {
  id: idOut,
  name: v.string(),
  kind: v.picklist(['handler', 'http']),
  handler: orNull(v.string()),
  url: orNull(v.string()),
  has_secret: v.boolean(),
  previous_secret_expires_at: v.pipe(
    orNull(timeOut),
    v.description('The secret before the present one signs too until here.')
  ),
  ...shownOptionFields,
  state: stateOut,
  created_at: timeOut,
  updated_at: timeOut
};

export const destinationOut = v.object(destinationFields);
export const stuckOut = v.object({
  delivery_id: v.string(),
  message_id: v.string(),
  attempt_count: v.number(),
  last_error: orNull(v.string()),
  next_attempt_at: timeOut,
  behind: v.pipe(v.number(), v.description('Deliveries that wait behind it, counted up to 1,000.'))
});
export const createdDestinationOut = v.object({
  ...destinationFields,
  secret: v.optional(v.pipe(v.string(), v.description('Only if it was made here, and only this once.')))
});

export const testSentOut = v.object({
  outcome: v.picklist(['response', 'timeout', 'refused', 'error']),
  status_code: orNull(idOut),
  error: orNull(v.string()),
  duration_ms: v.number(),
  detail: v.pipe(
    v.record(v.string(), v.unknown()),
    v.description('As of an attempt: the request as sent, what was answered, the timings.')
  )
});
