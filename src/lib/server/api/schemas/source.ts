// Sources as the API takes and gives them.

import * as v from 'valibot';
import { SLUG } from '#lib/server/routing/slug.ts';
import { name, idOut, orNull, text, timeOut } from './fields.ts';
import { changedOptions, newOptions } from './source-options.ts';

const MAX_SECRET = 10_000;
const MAX_SECRETS = 20;
const MAX_OVERLAP_HOURS = 720;
const DEFAULT_OVERLAP_HOURS = 24;
const DEFAULT_LABEL = 'signing secret';

const slug = v.pipe(
  v.string(),
  v.regex(SLUG, '1 to 63 lower-case letters, digits and hyphens are needed, not beginning with a hyphen'),
  v.description('The part of the URL that names the source: /in/<slug>. Made, with a random part, when not given.')
);

/** Pasted secrets come with a line break. */
const secretValue = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty('a secret is needed'),
  v.maxLength(MAX_SECRET, `at most ${MAX_SECRET} characters are taken`)
);

const labelled = v.strictObject({ label: v.optional(text(100), DEFAULT_LABEL), value: secretValue });

const newSecret = v.union([
  v.pipe(
    secretValue,
    v.transform((value) => ({ label: DEFAULT_LABEL, value }))
  ),
  labelled
]);

const secrets = v.pipe(
  v.union([
    v.pipe(v.array(newSecret), v.maxLength(MAX_SECRETS, `at most ${MAX_SECRETS} secrets are taken`)),
    v.pipe(
      newSecret,
      v.transform((secret) => [secret])
    )
  ]),
  v.description(
    'One secret or several, each a text or {label, value}. Any of them may sign. The labels "stripe-api-key" and "github-token" mark keys of the provider\'s API.'
  )
);

const provider = v.pipe(
  text(100),
  v.description('stripe, github, gitlab, slack, shopify, standard-webhooks, generic-hmac, none …')
);

export const newSource = v.strictObject({
  slug: v.optional(slug),
  name: v.optional(name),
  provider,
  secrets: v.optional(secrets, []),
  options: v.optional(newOptions, {})
});

export const sourceChange = v.strictObject({
  slug: v.optional(slug),
  name: v.optional(name),
  provider: v.optional(provider),
  secrets: v.optional(v.pipe(secrets, v.description('Replaces all secrets at once. To rotate, add one instead.'))),
  options: v.optional(changedOptions)
});

export const rotation = v.strictObject({
  label: v.optional(text(100), DEFAULT_LABEL),
  value: secretValue,
  overlap_hours: v.pipe(
    v.optional(
      v.pipe(
        v.number(),
        v.minValue(0, `0 to ${MAX_OVERLAP_HOURS} hours are taken`),
        v.maxValue(MAX_OVERLAP_HOURS, `0 to ${MAX_OVERLAP_HOURS} hours are taken`)
      ),
      DEFAULT_OVERLAP_HOURS
    ),
    v.description('How long the older secrets stay good.')
  )
});

const secretOut = v.object({ id: idOut, label: v.string(), created_at: timeOut, expires_at: orNull(timeOut) });

export const sourceOut = v.object({
  id: idOut,
  slug: v.string(),
  url: v.pipe(v.string(), v.description('Where the sender posts to; anything may follow it.')),
  name: v.string(),
  provider: v.string(),
  options: v.record(v.string(), v.unknown()),
  secrets: v.array(secretOut),
  created_at: timeOut,
  updated_at: timeOut
});
