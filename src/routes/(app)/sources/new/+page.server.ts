// Making a source: a name, a provider, its secret if one has it already.

import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { readOptions } from '#lib/server/api/schemas/source-options.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { createSource } from '#lib/server/routing/sources.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { findProvider, providers } from '#lib/server/verify/providers.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const MAX_SECRET_CHARACTERS = 10_000;
const FIRST_LABEL = 'signing secret';

const fields = v.object({
  name: v.pipe(v.string(), v.nonEmpty('A source needs a name.'), v.maxLength(200, 'At most 200 characters are taken.')),
  provider: v.pipe(
    v.optional(v.string(), ''),
    v.check((slug) => findProvider(slug) !== null, 'Choose who sends the messages.')
  ),
  secret: v.pipe(
    v.string(),
    v.maxLength(MAX_SECRET_CHARACTERS, `At most ${MAX_SECRET_CHARACTERS} characters are taken.`)
  )
});

function mayCreate({ principal }: App.Locals): void {
  if (!allows(principal, 'manage')) error(403, 'Only admins and owners may make sources.');
}

export const load: PageServerLoad = ({ locals }) => {
  mayCreate(locals);
  return { providers: offered };
};

const offered = providers.map(({ slug, name, family, secretLabel, needsSecret, settingsPath, covers, row }) => ({
  isUnconfirmed: row.confidence === 'unconfirmed',
  ...{ slug, name, secretLabel, needsSecret, settingsPath, covers },
  isGeneric: family === 'generic' || family === 'none' || slug.startsWith('generic-')
}));

export const actions: Actions = {
  default: async ({ locals, request }) => {
    mayCreate(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('create', fields, data);
    if (problem) return fail(400, problem);
    const provider = findProvider(output.provider);
    const read = provider && readOptions(provider, requiredDefaults(provider));
    if (!read || 'problems' in read)
      return fail(400, formProblem('create', data, { errors: { provider: 'Choose another provider.' } }));
    const secrets = output.secret === '' ? [] : [{ label: FIRST_LABEL, value: output.secret }];
    const written = await createSource(app(), {
      name: output.name,
      provider: output.provider,
      secrets,
      options: read.options
    });
    if (written.outcome !== 'saved')
      return fail(409, formProblem('create', data, { message: 'The URL was taken at this very moment: try again.' }));
    const { slug } = written.source;
    const { database, routing } = app();
    await routing.refresh();
    await audit(database, {
      actor: locals.principal ?? 'system',
      action: 'source.created',
      subject: `source ${slug}`,
      detail: { provider: output.provider }
    });
    redirect(303, `/sources/${slug}`);
  }
};

/** Options without which nothing can be verified begin with what most senders use; the source's page changes them. */
function requiredDefaults(provider: Provider): Record<string, unknown> {
  const required = provider.options.filter((option) => option.required && option.default !== undefined);
  return Object.fromEntries(required.map((option) => [option.name, option.default]));
}
