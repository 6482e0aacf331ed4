// What an edited message is made of.

import * as v from 'valibot';
import { smallId, uuidOut } from './fields.ts';

const MAX_HEADERS = 100;
const MAX_DESTINATIONS = 100;

const headerName = v.pipe(
  v.string(),
  v.maxLength(200, 'at most 200 characters are taken'),
  v.regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'the name of a header is needed')
);
const headerValue = v.pipe(
  v.string(),
  v.maxLength(8000, 'at most 8000 characters are taken'),
  // What Node sends as it is: a line break would begin another header.
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header takes no line breaks and no characters beyond Latin-1')
);

/** Pages take headers by it too. */
export const headerPairs = v.pipe(
  v.array(v.tuple([headerName, headerValue])),
  v.maxLength(MAX_HEADERS, `at most ${MAX_HEADERS} headers are taken`)
);

export const edition = v.pipe(
  v.strictObject({
    body: v.exactOptional(v.pipe(v.string(), v.description('Its text, sent as UTF-8.'))),
    body_base64: v.exactOptional(
      v.pipe(v.string(), v.base64('base64 is needed'), v.description('Its bytes, for a body that is not text.'))
    ),
    headers: v.exactOptional(
      v.pipe(
        headerPairs,
        v.description('[name, value] in order. Without it those of the original, less what proves its sender.')
      )
    ),
    content_type: v.exactOptional(v.pipe(headerValue, v.description('Takes the place of Content-Type.'))),
    destinations: v.pipe(
      v.optional(
        v.pipe(v.array(smallId), v.maxLength(MAX_DESTINATIONS, `at most ${MAX_DESTINATIONS} destinations are taken`)),
        []
      ),
      v.description('Ids of HTTP destinations; connected or not.')
    ),
    dry_run: v.optional(v.pipe(v.boolean(), v.description('Send nothing, and show what would be.')), false)
  }),
  v.check(
    ({ body, body_base64: base64 }) => body === undefined || base64 === undefined,
    'either body or body_base64 is taken'
  ),
  v.description('Without body and body_base64 the bytes are those of the original.')
);

export const editedOut = v.object({ id: uuidOut, deliveries: v.array(v.object({ id: uuidOut })) });
