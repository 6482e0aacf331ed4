// Connections and their filters as the API takes and gives them.

import * as v from 'valibot';
import type { FilterRule } from '#lib/inbox/connection-filter.ts';
import { SLUG } from '#lib/server/routing/slug.ts';
import { idOut, orNull, smallId, text, timeIn, timeOut, uuidOut } from './fields.ts';

const MAX_EVENT_TYPES = 100;
const MAX_RULES = 20;
/** Evaluated for every message: all that stand in one filter, however nested. */
const MAX_CONDITIONS = 100;
const MAX_LEVELS = 5;

const field = v.pipe(
  v.string(),
  v.maxLength(200, 'at most 200 characters are taken'),
  v.regex(/^(?:header|json):./u, 'header:<name> or json:<keys joined by dots> is needed'),
  v.description('`header:<name>`, or `json:data.object.amount`: keys and indexes of the JSON joined by dots.')
);
// Whole numbers above 2^53 are not exact once parsed: such a one would equal its neighbours.
const number = v.pipe(
  v.number(),
  v.check(
    (value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER,
    'a number between -9007199254740991 and 9007199254740991 is needed'
  )
);
const scalar = v.union([text(500), number, v.boolean(), v.null()], 'a text, a number, true, false or null is needed');
const condition = v.variant('test', [
  v.strictObject({ field, test: v.picklist(['equals', 'not']), value: scalar }),
  v.strictObject({
    ...{ field, test: v.literal('in') },
    value: v.pipe(
      v.array(scalar),
      v.nonEmpty('at least one value is needed'),
      v.maxLength(100, 'at most 100 are taken')
    )
  }),
  v.strictObject({ field, test: v.literal('exists'), value: v.boolean() }),
  v.strictObject({ field, test: v.literal('prefix'), value: text(500) }),
  v.strictObject({ field, test: v.picklist(['above', 'below']), value: number })
]);

/** Looked at before it is read: reading calls itself once a level. */
const tooDeep = v.never(`conditions stand in at most ${MAX_LEVELS} levels of any, all and not`);
const nested: v.GenericSchema<FilterRule> = v.lazy((input) => (isDeeper(input, MAX_LEVELS) ? tooDeep : rule));

function isDeeper(input: unknown, levels: number): boolean {
  if (typeof input !== 'object' || input === null) return false;
  const inside: unknown[] = Array.isArray(input)
    ? input
    : ['any', 'all', 'not'].map((key): unknown => Reflect.get(input, key));
  const groups = inside.flat().filter((one) => typeof one === 'object' && one !== null);
  return groups.length > 0 && (levels === 0 || groups.some((one) => isDeeper(one, levels - 1)));
}

const several = v.pipe(
  v.array(v.pipe(nested, v.description('A condition, or `any`, `all` or `not` of conditions.'))),
  v.nonEmpty('at least one condition is needed'),
  v.maxLength(MAX_RULES, `at most ${MAX_RULES} are taken`)
);

const rule: v.GenericSchema<FilterRule> = v.union(
  [
    condition,
    v.strictObject({ any: several }),
    v.strictObject({ all: several }),
    v.strictObject({ not: v.pipe(nested, v.description('A condition, or `any`, `all` or `not` of conditions.')) })
  ],
  'a condition {field, test, value}, or any, all or not of conditions, is needed'
);

const conditions = v.pipe(
  v.array(rule),
  v.nonEmpty('at least one condition is needed'),
  v.maxLength(MAX_RULES, `at most ${MAX_RULES} are taken`),
  v.check(
    (rules) => conditionsIn({ all: rules }) <= MAX_CONDITIONS,
    `at most ${MAX_CONDITIONS} conditions are taken, all levels together`
  ),
  v.description('All must hold. `not` holds for what is absent, too.')
);

function conditionsIn(one: FilterRule): number {
  if ('any' in one) return conditionsIn({ all: one.any });
  if ('not' in one) return conditionsIn(one.not);
  return 'all' in one ? one.all.reduce((sum, each) => sum + conditionsIn(each), 0) : 1;
}

/** Pages take it too. */
export const connectionFilter = v.strictObject({
  event_types: v.optional(
    v.pipe(
      v.array(text(200)),
      v.nonEmpty('at least one event type is needed'),
      v.maxLength(MAX_EVENT_TYPES, `at most ${MAX_EVENT_TYPES} are taken`)
    )
  ),
  conditions: v.optional(conditions)
});

const filter = v.pipe(
  v.nullable(connectionFilter),
  v.description('Event types that pass, `*` standing for any run of characters. null: everything passes.')
);

const source = v.pipe(v.string(), v.regex(SLUG, "a source's slug is needed"), v.description('The slug of the source.'));

export const newConnection = v.strictObject({
  source,
  destination: v.pipe(smallId, v.description('The id of the destination.')),
  filter: v.optional(filter, null),
  backfill: v.exactOptional(
    v.pipe(
      v.strictObject({ since: timeIn('Received at this time or later, ISO 8601.') }),
      v.description('Sends, as a job, what the connection would have taken of the log since then.')
    )
  )
});

export const connectionChange = v.strictObject({ filter });

const connectionFields = {
  id: idOut,
  source: v.object({ id: idOut, slug: v.string(), name: v.string() }),
  destination: v.object({ id: idOut, name: v.string(), kind: v.picklist(['handler', 'http']) }),
  filter: orNull(v.object({ event_types: v.optional(v.array(v.string())), conditions: v.optional(conditions) })),
  created_at: timeOut
};

export const connectionOut = v.object(connectionFields);
export const createdConnectionOut = v.object({
  ...connectionFields,
  backfill_job: v.exactOptional(v.pipe(idOut, v.description('With backfill: the job that does it.')))
});

export const filterTrial = v.strictObject({ source, filter });

export const filterTrialOut = v.object({
  matched: idOut,
  of: v.pipe(idOut, v.description('The newest messages of the source that would have been delivered, at most 100.')),
  skipped: v.pipe(idOut, v.description('Messages among them that are too large to be looked into here.')),
  examples: v.array(v.object({ id: uuidOut, event_type: orNull(v.string()), matched: v.boolean() }))
});
