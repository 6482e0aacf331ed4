// The forms of the page: what they take.

import * as v from 'valibot';

export const destinationFields = v.object({
  name: v.pipe(
    v.string(),
    v.nonEmpty('A destination needs a name.'),
    v.maxLength(100, 'At most 100 characters are taken.')
  ),
  url: v.pipe(
    v.string(),
    v.maxLength(2000, 'At most 2000 characters are taken.'),
    v.check(
      (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
      'A URL that starts with https:// or http:// is needed.'
    ),
    v.check((text) => !hasCredentials(text), 'Credentials do not belong in the URL.')
  )
});

const hasCredentials = (text: string) => URL.canParse(text) && new URL(text).username + new URL(text).password !== '';

export const idField = v.object({ id: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number)) });

export const connectionFields = v.object({
  source: v.pipe(v.string(), v.nonEmpty('Choose a source.')),
  destination: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'Choose a destination.'), v.transform(Number)),
  event_types: v.pipe(
    v.optional(v.string(), ''),
    v.transform((text) => text.split(/[\s,]+/).filter(Boolean))
  )
});
