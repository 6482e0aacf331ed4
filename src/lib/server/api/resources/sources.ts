// /api/v1/sources

import { deleteSecret, rotateSecret } from '#lib/server/routing/secrets.ts';
import {
  createSource,
  deleteSource,
  findSource,
  findSourceByKey,
  listSources,
  updateSource,
  type SourceRecord,
  type SourceWrite
} from '#lib/server/routing/sources.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { conflict, created, deleted, invalid, notFound, ok, type Reply } from '../reply.ts';
import { byIdOrSlug, bySecretId, listOf } from '../schemas/fields.ts';
import { mergeOptions, readOptions } from '../schemas/source-options.ts';
import { newSource, rotation, sourceChange, sourceOut } from '../schemas/source.ts';

const tag = 'source';

const find = ({ database }: ApiParts, key: string): Promise<SourceRecord | null> => findSourceByKey(database, key);
const shown = (source: SourceRecord, origin: string) => ({ ...source, url: `${origin}/in/${source.slug}` });
const missing = (id: string) => notFound(`source "${id}"`);

function unknownProvider(slug: string): Reply {
  return invalid([
    `provider is "${slug}": there is no such provider. "generic-hmac" checks any HMAC signature, "none" nothing.`
  ]);
}

function refused(write: Exclude<SourceWrite, { outcome: 'saved' }>, id: string): Reply {
  if (write.outcome === 'unknown') return missing(id);
  return conflict(`slug is "${write.slug}": another source has it. Choose another, or leave it out.`);
}

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/sources', tag, permission: 'read' },
  summary: 'List sources',
  query: pageQuery,
  replies: { 200: { description: 'Sources, oldest first', schema: listOf(sourceOut) } },
  async handle({ parts, query, origin }) {
    const page = pageOf(await listSources(parts.database), query);
    return ok({ ...page, data: page.data.map((source) => shown(source, origin)) });
  }
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/sources', tag, permission: 'manage' },
  summary: 'Create a source',
  description: 'A source of a provider that a handler is for is connected to that handler.',
  body: newSource,
  replies: { 201: { description: 'The source, without its secrets', schema: sourceOut } },
  async handle({ parts, body, origin, audit }) {
    const provider = findProvider(body.provider);
    if (provider === null) return unknownProvider(body.provider);
    const read = readOptions(provider, body.options);
    if ('problems' in read) return invalid(read.problems);
    const write = await createSource(parts, { ...body, options: read.options });
    if (write.outcome !== 'saved') return refused(write, '');
    await parts.routing.refresh();
    const { slug } = write.source;
    await audit({ action: 'source.created', subject: `source ${slug}`, detail: { provider: body.provider } });
    return created(shown(write.source, origin));
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/sources/{id}', tag, permission: 'read' },
  summary: 'Read a source',
  params: byIdOrSlug,
  replies: { 200: { description: 'The source', schema: sourceOut } },
  async handle({ parts, params, origin }) {
    const source = await find(parts, params.id);
    return source === null ? missing(params.id) : ok(shown(source, origin));
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/sources/{id}', tag, permission: 'manage' },
  summary: 'Change a source',
  description: 'What is not given stays. An option that is null is taken away.',
  params: byIdOrSlug,
  body: sourceChange,
  replies: { 200: { description: 'The source', schema: sourceOut } },
  async handle({ parts, params, body, origin, audit }) {
    const source = await find(parts, params.id);
    if (source === null) return missing(params.id);
    const provider = findProvider(body.provider ?? source.provider);
    if (provider === null) return unknownProvider(body.provider ?? source.provider);
    const read = optionsAfter(provider, source, body);
    if ('problems' in read) return invalid(read.problems);
    const write = await updateSource(parts, source.id, { ...body, options: read.options });
    if (write.outcome !== 'saved') return refused(write, params.id);
    await parts.routing.refresh();
    await audit({
      action: 'source.updated',
      subject: `source ${write.source.slug}`,
      detail: { changed: Object.keys(body) }
    });
    return ok(shown(write.source, origin));
  }
});

/** Checked whole even when only the provider changes: its options may not be the old one's. */
function optionsAfter(
  provider: Provider,
  source: SourceRecord,
  change: { options?: Record<string, unknown> | undefined }
) {
  return readOptions(provider, mergeOptions(source.options, change.options ?? {}));
}

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/sources/{id}', tag, permission: 'manage' },
  summary: 'Delete a source',
  description: 'Its URL answers 404 from then on. Its messages stay until they are pruned.',
  params: byIdOrSlug,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    const source = await find(parts, params.id);
    if (source === null || !(await deleteSource(parts.database, source.id))) return missing(params.id);
    await parts.routing.refresh();
    await audit({ action: 'source.deleted', subject: `source ${source.slug}` });
    return deleted;
  }
});

export const addSecret = operation({
  ...{ ...takesNothing, method: 'POST', path: '/sources/{id}/secrets', tag, permission: 'manage' },
  summary: 'Rotate the secret of a source',
  description: 'The new secret is good at once; the older ones of its kind stay good for overlap_hours.',
  params: byIdOrSlug,
  body: rotation,
  replies: { 201: { description: 'The source, without its secrets', schema: sourceOut } },
  async handle({ parts, params, body, origin, audit }) {
    const source = await find(parts, params.id);
    if (source === null) return missing(params.id);
    const { overlap_hours: overlapHours, ...secret } = body;
    if (!(await rotateSecret(parts, source.id, { secret, overlapHours }))) return missing(params.id);
    await parts.routing.refresh();
    const detail = { label: secret.label, overlap_hours: overlapHours };
    await audit({ action: 'source.secret_rotated', subject: `source ${source.slug}`, detail });
    return created(shown((await findSource(parts.database, source.id)) ?? source, origin));
  }
});

export const removeSecret = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/sources/{id}/secrets/{secret_id}', tag, permission: 'manage' },
  summary: 'End a secret of a source at once',
  params: bySecretId,
  replies: { 204: { description: 'It is gone' } },
  async handle({ parts, params, audit }) {
    const source = await find(parts, params.id);
    if (source === null) return missing(params.id);
    const secretId = params.secret_id;
    if (!(await deleteSecret(parts.database, source.id, secretId))) return notFound(`secret ${secretId}`);
    await parts.routing.refresh();
    const detail = { secret: secretId };
    await audit({ action: 'source.secret_deleted', subject: `source ${source.slug}`, detail });
    return deleted;
  }
});
