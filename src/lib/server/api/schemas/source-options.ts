// Options of a source: those that every source has, by schema; those of its provider, by the provider's own table.

import * as v from 'valibot';
import type { SourceOptions } from '#lib/server/routing/types.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { sentenceOf } from '../issues.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const MAX_TEXT = 500;

const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.integer(`a whole number from ${min} to ${max} is needed`),
    v.minValue(min, `a whole number from ${min} to ${max} is needed`),
    v.maxValue(max, `a whole number from ${min} to ${max} is needed`)
  );

const httpUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    'a URL that starts with https:// or http:// is needed'
  )
);

/** It goes into the path of a request: no segment may be one or two dots. */
const HOOK = /^(repos\/(?!\.)[\w.-]+\/(?!\.{1,2}\/)[\w.-]+\/hooks\/\d+|orgs\/(?!\.)[\w.-]+\/hooks\/\d+|app\/hook)$/;

type ProviderOption = Provider['options'][number];

const COMMON = {
  allowed_methods: v.pipe(
    v.array(v.picklist(METHODS)),
    v.nonEmpty('at least one method is needed'),
    v.description('Methods that the source takes; others are answered 405. Without it: all.')
  ),
  require: v.pipe(v.literal('json'), v.description('Bodies that are not JSON are answered 400, and logged.')),
  retention_days: v.pipe(
    wholeNumber(1, 3650),
    v.description('Messages of this source are kept this long, if that is less than RETENTION_DAYS.')
  ),
  rate_limit_per_second: v.pipe(
    wholeNumber(1, 1_000_000),
    v.description('Messages a second from one sender; more are answered 429.')
  ),
  livemode: v.pipe(v.picklist(['live', 'any']), v.description('live: events of test mode move no balance.')),
  allow_connect: v.pipe(v.boolean(), v.description('Stripe Connect: take events of connected accounts.')),
  confirm_with_api: v.pipe(
    v.boolean(),
    v.description('Fetch the event from Stripe before crediting, with the secret labelled "stripe-api-key".')
  ),
  api_base_url: v.pipe(
    httpUrl,
    v.description("Base URL of Stripe's or GitHub's API, where it is another than theirs.")
  ),
  webhook_endpoint: v.pipe(
    v.string(),
    v.regex(/^we_\w{1,250}$/, 'the id of an endpoint at Stripe, such as we_1Abc, is needed'),
    v.description("Stripe's endpoint that sends to this source: asked to send again what never arrived.")
  ),
  hook: v.pipe(
    v.string(),
    v.regex(
      HOOK,
      'repos/<owner>/<repository>/hooks/<number>, orgs/<organisation>/hooks/<number> or app/hook is needed'
    ),
    v.description("GitHub's hook that sends to this source, as GitHub's API names it.")
  )
};

/** Options as they are given for a new source; those of the provider come on top. */
export const newOptions = v.looseObject({
  allowed_methods: v.exactOptional(COMMON.allowed_methods),
  require: v.exactOptional(COMMON.require),
  retention_days: v.exactOptional(COMMON.retention_days),
  rate_limit_per_second: v.exactOptional(COMMON.rate_limit_per_second),
  livemode: v.exactOptional(COMMON.livemode),
  allow_connect: v.exactOptional(COMMON.allow_connect),
  confirm_with_api: v.exactOptional(COMMON.confirm_with_api),
  api_base_url: v.exactOptional(COMMON.api_base_url),
  webhook_endpoint: v.exactOptional(COMMON.webhook_endpoint),
  hook: v.exactOptional(COMMON.hook)
});

/** Options as they are given for a change: null takes an option away, what is not given stays. */
export const changedOptions = v.looseObject({
  allowed_methods: v.exactOptional(v.nullable(COMMON.allowed_methods)),
  require: v.exactOptional(v.nullable(COMMON.require)),
  retention_days: v.exactOptional(v.nullable(COMMON.retention_days)),
  rate_limit_per_second: v.exactOptional(v.nullable(COMMON.rate_limit_per_second)),
  livemode: v.exactOptional(v.nullable(COMMON.livemode)),
  allow_connect: v.exactOptional(v.nullable(COMMON.allow_connect)),
  confirm_with_api: v.exactOptional(v.nullable(COMMON.confirm_with_api)),
  api_base_url: v.exactOptional(v.nullable(COMMON.api_base_url)),
  webhook_endpoint: v.exactOptional(v.nullable(COMMON.webhook_endpoint)),
  hook: v.exactOptional(v.nullable(COMMON.hook))
});

/** Changes applied to what there is. */
export function mergeOptions(known: SourceOptions, change: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...known, ...change }).filter(([, value]) => value !== null));
}

/**
 * Checks the options of a source of this provider, all of them together.
 * @returns the options, or one sentence a problem
 */
export function readOptions(
  provider: Provider,
  given: Record<string, unknown>
): { options: SourceOptions } | { problems: string[] } {
  const common = v.safeParse(v.object({ options: newOptions }), { options: given });
  const problems = [
    ...(common.issues ?? []).map(sentenceOf),
    ...unknownOptions(provider, given),
    ...provider.options.flatMap((option) => problemOf(option, given[option.name]))
  ];
  if (!common.success || problems.length > 0) return { problems };
  // What fits one by one may still not make a scheme together.
  const schemes = provider.schemes(given);
  return typeof schemes === 'string' ? { problems: [`options: ${schemes}.`] } : { options: common.output.options };
}

function unknownOptions(provider: Provider, given: Record<string, unknown>): string[] {
  const known = new Set([...Object.keys(COMMON), ...provider.options.map((option) => option.name)]);
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  if (unknown.length === 0) return [];
  const list = [...known].join(', ');
  return unknown.map((name) => `options.${name} is not known for the provider ${provider.slug}. Known are ${list}.`);
}

function problemOf(option: ProviderOption, value: unknown): string[] {
  const field = `options.${option.name}`;
  if (value === undefined) return option.required ? [`${field} is missing: ${option.help ?? option.label}.`] : [];
  const { fits, needed } = requirementOf(option);
  return fits(value) ? [] : [`${field} is ${JSON.stringify(value).slice(0, 100)}: ${needed} is needed.`];
}

interface Requirement {
  fits(value: unknown): boolean;
  needed: string;
}

function requirementOf({ kind, choices }: ProviderOption): Requirement {
  if (choices) {
    const fits = (value: unknown) => choices.some((choice) => choice === value);
    return { fits, needed: `one of ${choices.join(', ')}` };
  }
  if (kind === 'number') {
    const fits = (value: unknown) => typeof value === 'number' && Number.isInteger(value) && value > 0;
    return { fits, needed: 'a whole number above 0' };
  }
  return { fits: isShortText, needed: `text of 1 to ${MAX_TEXT} characters` };
}

const isShortText = (value: unknown) =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && !value.includes('\0');
