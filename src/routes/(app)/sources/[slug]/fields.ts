// The forms of a source's page: a secret, and the options, each as the provider's own table describes it.

import * as v from 'valibot';
import { mergeOptions, readOptions } from '#lib/server/api/schemas/source-options.ts';
import type { SourceChange, SourceRecord } from '#lib/server/routing/sources.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { formProblem, type FieldErrors, type FormProblem } from '#lib/ui/form.ts';

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
const MAX_OVERLAP_HOURS = 720;

export const secretFields = v.object({
  label: v.pipe(
    v.string(),
    v.nonEmpty('A label tells secrets apart.'),
    v.maxLength(100, 'At most 100 characters are taken.')
  ),
  secret: v.pipe(
    v.string(),
    v.nonEmpty('Paste the secret.'),
    v.maxLength(10_000, 'At most 10,000 characters are taken.')
  ),
  overlap_hours: v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,3}$/.test(text) && Number(text) <= MAX_OVERLAP_HOURS,
      `A whole number of hours from 0 to ${MAX_OVERLAP_HOURS} is needed.`
    ),
    v.transform(Number)
  )
});

export const secretId = v.object({ id: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number)) });

/** One control of the options form. */
export interface ShownOption {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'choice' | 'switch';
  value: string;
  choices: string[];
  hint: string;
}

const COMMON: Omit<ShownOption, 'value' | 'choices'>[] = [
  {
    name: 'retention_days',
    label: 'Keep messages, in days',
    kind: 'number',
    hint: 'Empty: as long as the whole instance does. It can only be less.'
  },
  {
    name: 'rate_limit_per_second',
    label: 'Messages a second from one sender',
    kind: 'number',
    hint: 'More are answered 429. Empty: no limit.'
  }
];

const STRIPE: (Omit<ShownOption, 'value' | 'choices'> & { choices?: string[] })[] = [
  {
    name: 'livemode',
    label: 'Events that move balances',
    kind: 'choice',
    choices: ['any', 'live'],
    hint: 'live: events of test mode move no balance. any: they do, and each of their lines is marked test.'
  },
  {
    name: 'allow_connect',
    label: 'Take events of connected accounts',
    kind: 'switch',
    hint: 'Stripe Connect. Without it events that name an account are refused by the handler.'
  },
  {
    name: 'confirm_with_api',
    label: 'Fetch each event from Stripe before it is credited',
    kind: 'switch',
    hint: 'Needs a key of Stripe’s API as a secret labelled stripe-api-key.'
  },
  { name: 'api_base_url', label: 'Stripe’s API', kind: 'text', hint: 'Empty: https://api.stripe.com' },
  {
    name: 'webhook_endpoint',
    label: 'Endpoint at Stripe',
    kind: 'text',
    hint: 'Its id (we_…). Stripe is asked to send again what never arrived.'
  }
];

const GITHUB: Omit<ShownOption, 'value' | 'choices'>[] = [
  {
    name: 'hook',
    label: 'Hook at GitHub',
    kind: 'text',
    hint: 'repos/<owner>/<repository>/hooks/<number>. GitHub is asked about it for gaps.'
  },
  { name: 'api_base_url', label: 'GitHub’s API', kind: 'text', hint: 'Empty: https://api.github.com' }
];

const BY_PROVIDER: Readonly<Record<string, typeof STRIPE>> = { stripe: STRIPE, github: GITHUB };

/** Every option that a source of its provider can have, with what it is now. */
export function shownOptions(source: SourceRecord): ShownOption[] {
  const provider = findProvider(source.provider);
  const own = (provider?.options ?? []).map(({ name, label, kind, choices, help, default: usual }) => ({
    ...{ name, label, kind, choices: [...(choices ?? [])] },
    hint: [help, usual === undefined ? null : `Empty: ${usual}`].filter(Boolean).join(' ')
  }));
  return [...own, ...(BY_PROVIDER[source.provider] ?? []), ...COMMON].map((option) => ({
    choices: [],
    ...option,
    value: textOf(source.options[option.name])
  }));
}

const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || value === true ? String(value) : '';

/** Reads the settings form against the source it is about. */
export function readSettings(
  source: SourceRecord,
  data: FormData
): { change: SourceChange } | { problem: FormProblem } {
  const name = textField(data, 'name');
  const provider = findProvider(source.provider);
  if (name === '' || name.length > 200 || provider === null) {
    return { problem: formProblem('settings', data, { errors: { name: 'A name of 1 to 200 characters is needed.' } }) };
  }
  const read = readOptions(provider, mergeOptions(source.options, givenOptions(source, data)));
  if ('options' in read) return { change: { name, options: read.options } };
  const { errors, rest } = sortProblems(read.problems);
  return { problem: formProblem('settings', data, { errors, ...(rest ? { message: rest } : {}) }) };
}

function textField(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** An empty field takes the option away; a box that is not ticked is not sent at all. */
function givenOptions(source: SourceRecord, data: FormData): Record<string, unknown> {
  const methods = data.getAll('allowed_methods');
  const given: Record<string, unknown> = {
    allowed_methods: methods.length === 0 || methods.length === METHODS.length ? null : methods,
    require: data.has('require_json') ? 'json' : null
  };
  for (const { name, kind } of shownOptions(source)) {
    given[name] = optionValue(kind, textField(data, name));
  }
  return given;
}

function optionValue(kind: ShownOption['kind'], text: string): string | number | true | null {
  if (text === '') return null;
  if (kind === 'switch') return true;
  return kind === 'number' && /^\d+$/.test(text) ? Number(text) : text;
}

/** The API's sentences name their field first: `options.header is missing: …`. */
function sortProblems(problems: string[]): { errors: FieldErrors; rest: string } {
  const errors: FieldErrors = {};
  const rest: string[] = [];
  for (const problem of problems) {
    const field = /^options\.(\w+)\b/.exec(problem)?.[1];
    if (field)
      errors[field] ??= problem
        .replace(/^options\.\w+ /, 'This ')
        .replace('expected number', 'a whole number is needed');
    else rest.push(problem.replace(/^options: /, ''));
  }
  return { errors, rest: rest.join(' ') };
}
