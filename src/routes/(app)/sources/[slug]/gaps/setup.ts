// The form that makes a source's gaps visible: a key of its provider's API, and what that key is asked about.

import * as v from 'valibot';
import { mergeOptions, readOptions } from '#lib/server/api/schemas/source-options.ts';
import { apiKeyLabelFor } from '#lib/server/routing/api-keys.ts';
import type { SourceRecord } from '#lib/server/routing/sources.ts';
import type { SourceOptions } from '#lib/server/routing/types.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { formProblem, parseForm, type FieldErrors, type FormProblem } from '#lib/ui/form.ts';

const fields = v.object({
  api_key: v.pipe(v.string(), v.maxLength(10_000, 'At most 10,000 characters are taken.')),
  target: v.pipe(v.string(), v.maxLength(500, 'At most 500 characters are taken.')),
  api_base_url: v.pipe(v.string(), v.maxLength(500, 'At most 500 characters are taken.'))
});

/** What the page says of a provider; null: it has no list that Holdfast can read. */
export interface Setup {
  keyLabel: string;
  hasKey: boolean;
  /** Nothing can be asked before. */
  isReady: boolean;
  /** The option that names the hook or endpoint, and what it is now. */
  option: 'hook' | 'webhook_endpoint';
  target: string;
  baseUrl: string;
  /** What is missing is sent again by the provider, and not fetched. */
  sendsAgain: boolean;
}

export function setupOf({ provider, secrets, options }: SourceRecord): Setup | null {
  const keyLabel = apiKeyLabelFor(provider);
  if (keyLabel === null) return null;
  const option = provider === 'github' ? 'hook' : 'webhook_endpoint';
  const target = options[option] ?? '';
  const hasKey = secrets.some(({ label }) => label === keyLabel);
  return {
    ...{ keyLabel, hasKey, option, target, baseUrl: options.api_base_url ?? '' },
    ...{ isReady: hasKey && (option !== 'hook' || target !== ''), sendsAgain: option === 'hook' || target !== '' }
  };
}

type ReadSetup = { key: string | null; options: SourceOptions } | { problem: FormProblem };

/** Reads the form against the source it is about. An empty key stays as it is; another empty field takes it away. */
export function readSetup(source: SourceRecord, setup: Setup, data: FormData): ReadSetup {
  const { output, problem } = parseForm('setup', fields, data);
  if (problem) return { problem };
  const errors = missingFields(setup, output);
  const provider = findProvider(source.provider);
  if (provider === null || Object.keys(errors).length > 0) return { problem: formProblem('setup', data, { errors }) };
  const given = { [setup.option]: hookOf(output.target) || null, api_base_url: output.api_base_url || null };
  const read = readOptions(provider, mergeOptions(source.options, given));
  if ('options' in read) return { key: output.api_key || null, options: read.options };
  return { problem: formProblem('setup', data, { errors: byField(read.problems, setup.option) }) };
}

function missingFields({ hasKey, option }: Setup, { api_key: key, target }: v.InferOutput<typeof fields>): FieldErrors {
  return {
    ...(key === '' && !hasKey ? { api_key: 'Paste it here.' } : {}),
    ...(target === '' && option === 'hook' ? { target: 'Without it nobody knows which hook to ask about.' } : {})
  };
}

/** The API's sentences name their option first. */
function byField(problems: readonly string[], option: string): FieldErrors {
  const target = problems.find((problem) => problem.startsWith(`options.${option} `));
  const baseUrl = problems.find((problem) => problem.startsWith('options.api_base_url '));
  const said = (problem: string) => problem.replace(/^options\.\w+ /, 'This ');
  return { ...(target && { target: said(target) }), ...(baseUrl && { api_base_url: said(baseUrl) }) };
}

/** The address of a hook's page at GitHub is what people have at hand. */
function hookOf(text: string): string {
  const [, path = text] = /^https?:\/\/[^/]+\/(.*?)\/?$/.exec(text) ?? [];
  const [, organisation, ofOrganisation] = /^organizations\/([\w.-]+)\/settings\/hooks\/(\d+)$/.exec(path) ?? [];
  if (organisation) return `orgs/${organisation}/hooks/${ofOrganisation}`;
  const [, repository, ofRepository] = /^([\w.-]+\/[\w.-]+)\/settings\/hooks\/(\d+)$/.exec(path) ?? [];
  return repository ? `repos/${repository}/hooks/${ofRepository}` : text;
}
