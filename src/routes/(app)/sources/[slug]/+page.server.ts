// One source: its URL, a way to try it, its secrets, its options, what it is connected to.

import { error, fail, redirect } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { audit, type Change } from '#lib/server/auth/audit.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { apiKeyLabelFor, isApiKeyLabel } from '#lib/server/routing/api-keys.ts';
import { listConnections } from '#lib/server/routing/connections.ts';
import { deleteSecret, rotateSecret } from '#lib/server/routing/secrets.ts';
import { deleteSource, findSource, updateSource, type SourceRecord } from '#lib/server/routing/sources.ts';
import { sourceActivity } from '#lib/server/sources/activity.ts';
import { curlLine } from '#lib/server/sources/curl-line.ts';
import { signedSample } from '#lib/server/sources/signed-sample.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';
import { readSettings, secretFields, secretId, shownOptions } from './fields.ts';

async function sourceOf(slug: string): Promise<SourceRecord> {
  return (await findSource(app().database, slug)) ?? error(404, `There is no source "${slug}".`);
}

const urlOf = (slug: string, { origin }: URL) => `${app().config.publicUrl?.origin ?? origin}/in/${slug}`;

export const load: PageServerLoad = async ({ locals, params, url }) => {
  const source = await sourceOf(params.slug);
  const { database, routing } = app();
  const [activity, connections] = await Promise.all([sourceActivity(database, source.id), listConnections(database)]);
  const provider = findProvider(source.provider);
  const endpoint = urlOf(source.slug, url);
  const routed = routing.sourceById(source.id);
  // Signed with the real secret, of which some providers send all: for those who manage it.
  const sample = allows(locals.principal, 'manage') && routed ? signedSample(routed, endpoint, Date.now()) : null;
  return {
    source,
    url: endpoint,
    provider: provider && {
      ...{ name: provider.name, secretLabel: provider.secretLabel, needsSecret: provider.needsSecret },
      ...{ settingsPath: provider.settingsPath, covers: provider.covers }
    },
    options: shownOptions(source),
    isSigned: source.secrets.some(({ label }) => !isApiKeyLabel(label)),
    hasGaps: apiKeyLabelFor(source.provider) !== null,
    activity: activity.get(source.id) ?? null,
    connections: connections.filter((connection) => connection.source.id === source.id),
    sample: sample && ('problem' in sample ? sample : { curl: curlLine(sample) })
  };
};

/** The source, after asking whether one may change it. */
async function changeable({ locals, params }: RequestEvent): Promise<SourceRecord> {
  if (!allows(locals.principal, 'manage')) error(403, 'Only admins and owners may change sources.');
  return sourceOf(params.slug);
}

/** After a change: this node goes by it at once, and the audit log has it. */
async function changed({ locals }: RequestEvent, change: Omit<Change, 'actor'>): Promise<void> {
  const { database, routing } = app();
  await routing.refresh();
  await audit(database, { actor: locals.principal ?? 'system', ...change });
}

export const actions: Actions = {
  settings: async (event) => {
    const source = await changeable(event);
    const data = await event.request.formData();
    const read = readSettings(source, data);
    if ('problem' in read) return fail(400, { problem: read.problem });
    await updateSource(app(), source.id, read.change);
    await changed(event, { action: 'source.updated', subject: `source ${source.slug}` });
    return { done: 'The options are saved. The next message goes by them.' };
  },

  rotate: async (event) => {
    const source = await changeable(event);
    const data = await event.request.formData();
    const { output, problem } = parseForm('rotate', secretFields, data);
    if (problem) return fail(400, { problem });
    const { label, secret, overlap_hours: overlapHours } = output;
    await rotateSecret(app(), source.id, { secret: { label, value: secret }, overlapHours });
    await changed(event, {
      action: 'source.secret_rotated',
      subject: `source ${source.slug}`,
      detail: { label, overlap_hours: overlapHours }
    });
    return { done: `The secret “${label}” is good from now on.` };
  },

  end: async (event) => {
    const source = await changeable(event);
    const { output, problem } = parseForm('end', secretId, await event.request.formData());
    if (problem) return fail(400, { problem });
    if (await deleteSecret(app().database, source.id, output.id)) {
      await changed(event, {
        action: 'source.secret_deleted',
        subject: `source ${source.slug}`,
        detail: { secret: output.id }
      });
    }
    return { done: 'The secret is gone: nothing signed with it is valid any more.' };
  },

  test: async (event) => {
    const source = await changeable(event);
    const { receiveTest, routing } = app();
    await routing.refresh();
    const routed = routing.sourceById(source.id);
    const sample = routed && signedSample(routed, urlOf(source.slug, event.url), Date.now());
    if (!routed || !sample) error(404, 'The source was deleted a moment ago.');
    if ('problem' in sample)
      return fail(409, { problem: formProblem('test', new FormData(), { message: sample.problem }) });
    const { id } = await receiveTest(routed, { ...sample, path: '', query: '', body: Buffer.from(sample.body) });
    return { tested: id };
  },

  delete: async (event) => {
    const source = await changeable(event);
    await deleteSource(app().database, source.id);
    await changed(event, { action: 'source.deleted', subject: `source ${source.slug}` });
    redirect(303, '/sources');
  }
};
