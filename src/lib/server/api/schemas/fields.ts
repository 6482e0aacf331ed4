// Fields that several resources have.

import * as v from 'valibot';
import { isUuid } from '#lib/server/log/read-ids.ts';
import { SLUG } from '#lib/server/routing/slug.ts';

/** Text that PostgreSQL can hold, without the white space that pasting brings. */
export function text(maxCharacters: number) {
  return v.pipe(
    v.string(),
    v.trim(),
    v.nonEmpty('some text is needed'),
    v.maxLength(maxCharacters, `at most ${maxCharacters} characters are taken`),
    v.check((value) => !value.includes('\0'), 'the character U+0000 is not taken')
  );
}

export const name = text(200);

/** Ids of everything but messages and deliveries. */
export const smallId = v.pipe(
  v.number(),
  v.integer('a whole number is needed'),
  v.minValue(1, 'a number from 1 on is needed'),
  v.maxValue(2_147_483_647, 'no id is that large')
);

const smallIdText = v.pipe(
  v.string(),
  v.metadata({ type: 'integer', minimum: 1, maximum: 2_147_483_647 }),
  v.regex(/^[1-9]\d{0,9}$/),
  v.transform(Number),
  v.maxValue(2_147_483_647)
);

// All ids of sources look like slugs too.
const idOrSlug = v.pipe(v.string(), v.regex(SLUG), v.description("The source's id or its slug."));

export const byId = v.object({ id: smallIdText });
export const bySecretId = v.object({ id: idOrSlug, secret_id: smallIdText });
export const byEntryId = v.object({ id: smallIdText, entry_id: smallIdText });
/** Messages and deliveries. */
export const byUuid = v.object({ id: v.pipe(v.string(), v.toLowerCase(), v.check(isUuid), v.description('a uuid')) });
/** A source has two names. */
export const byIdOrSlug = v.object({ id: idOrSlug });

/** A whole number in a query. */
export function count(min: number, max: number, description: string) {
  const needed = `a whole number from ${min} to ${max} is needed`;
  return v.pipe(
    v.string(),
    v.description(description),
    // A query is text; to clients this is a number. The OpenAPI document takes over what stands here.
    v.metadata({ type: 'integer', minimum: min, maximum: max }),
    v.check((value) => /^\d{1,9}$/.test(value), needed),
    v.transform(Number),
    v.minValue(min, needed),
    v.maxValue(max, needed)
  );
}

/** Turns anything that is a time for JavaScript into ISO 8601 in UTC. */
export function timeIn(description: string) {
  return v.pipe(
    v.string(),
    v.description(description),
    v.check((value) => !Number.isNaN(Date.parse(value)), 'a time such as 2026-01-31T12:00:00Z is needed'),
    v.transform((value) => new Date(value).toISOString())
  );
}

// ── In answers ──────────────────────────────────────────────────────────────────────────────────────────

export const timeOut = v.pipe(v.string(), v.isoTimestamp());
export const uuidOut = v.pipe(v.string(), v.uuid());
export const idOut = v.pipe(v.number(), v.integer());
export const orNull = <S extends v.GenericSchema>(schema: S) => v.nullable(schema);

export function listOf<S extends v.GenericSchema>(item: S) {
  return v.object({ data: v.array(item), next_cursor: v.nullable(v.string()) });
}

export const errorOut = v.object({ error: v.string(), message: v.string() });
