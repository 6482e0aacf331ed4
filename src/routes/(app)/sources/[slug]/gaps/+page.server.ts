// Gaps of one source: what its provider says it sent, and what of it never arrived.

import { error, fail } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { audit, type Change } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { fillChange } from '#lib/server/gaps/fill.ts';
import type { Look } from '#lib/server/gaps/gaps.ts';
import { rotateSecret } from '#lib/server/routing/secrets.ts';
import { findSource, updateSource, type SourceRecord } from '#lib/server/routing/sources.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { formProblem } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';
import { readSetup, setupOf } from './setup.ts';
import { furtherBack, readAsked, shownForm, type Asked } from './window.ts';

/** As many as one look can show. */
const MAX_IDS = 300;

/** The source, after asking whether one may: a look uses the key of the provider's API. */
async function manageable({ locals, params }: Pick<RequestEvent, 'locals' | 'params'>): Promise<SourceRecord> {
  if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may look for gaps.');
  return (await findSource(app().database, params.slug)) ?? error(404, `There is no source "${params.slug}".`);
}

export const load: PageServerLoad = async (event) => {
  const source = await manageable(event);
  const { searchParams } = event.url;
  const asked = readAsked(searchParams, Date.now());
  const setup = setupOf(source);
  return {
    source: { slug: source.slug, name: source.name, provider: source.provider },
    ...{ providerName: findProvider(source.provider)?.name ?? source.provider, setup },
    look: asked && setup?.isReady ? await look(source, asked) : null,
    form: shownForm(searchParams),
    tickMissing: searchParams.get('tick') === 'missing',
    query: new URLSearchParams(
      [...searchParams].filter(([name]) => !name.startsWith('/') && name !== 'tick')
    ).toString()
  };
};

interface Shown extends Omit<Look, 'data' | 'next_cursor'> {
  items: Look['data'];
  /** A link to what is further back; null: this is the end. */
  further: string | null;
}

async function look(source: SourceRecord, asked: Asked | { problem: string }): Promise<Shown | { problem: string }> {
  if ('problem' in asked) return asked;
  const found = await app().gaps.look(source.id, asked);
  if ('problem' in found) return { problem: found.problem.message };
  const { data: items, next_cursor: next, looked, notes } = found;
  return { items, looked, notes, further: next === null ? null : furtherBack(asked, next) };
}

async function changed({ locals }: RequestEvent, change: Omit<Change, 'actor'>): Promise<void> {
  await audit(app().database, { actor: locals.principal ?? 'system', ...change });
}

export const actions: Actions = {
  setup: async (event) => {
    const source = await manageable(event);
    const setup = setupOf(source);
    const data = await event.request.formData();
    if (setup === null) error(409, `The provider "${source.provider}" has no list that Holdfast can read.`);
    const read = readSetup(source, setup, data);
    if ('problem' in read) return fail(400, { problem: read.problem });
    const subject = `source ${source.slug}`;
    await updateSource(app(), source.id, { options: read.options });
    await changed(event, { action: 'source.updated', subject, detail: { changed: ['options'] } });
    if (read.key !== null) {
      const secret = { label: setup.keyLabel, value: read.key };
      await rotateSecret(app(), source.id, { secret, overlapHours: 0 });
      await changed(event, { action: 'source.secret_rotated', subject, detail: { label: setup.keyLabel } });
    }
    await app().routing.refresh();
    return { done: 'Saved. Now choose a time to look at.' };
  },

  fill: async (event) => {
    const source = await manageable(event);
    const data = await event.request.formData();
    const ids = data.getAll('id').filter((id) => typeof id === 'string');
    if (ids.length === 0 || ids.length > MAX_IDS) {
      const message =
        ids.length === 0 ? 'Tick at least one line first.' : `At most ${MAX_IDS} lines are taken at once.`;
      return fail(400, { problem: formProblem('fill', new FormData(), { message }) });
    }
    const results = await app().gaps.fill(source.id, ids);
    if ('problem' in results)
      return fail(409, { problem: formProblem('fill', new FormData(), { message: results.problem.message }) });
    await changed(event, fillChange(source.slug, results));
    return { results };
  }
};
