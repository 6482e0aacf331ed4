// /api/v1/keys

import type { ApiKeyRecord } from '#lib/server/auth/keys.ts';
import { mayGrant, type KeyRole, type Principal } from '#lib/server/auth/principal.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { created, deleted, notFound, ok, problem, type Reply } from '../reply.ts';
import { createdKeyOut, keyChange, keyOut, newKey } from '../schemas/access.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'key';

/** A revoked key is shown no more: it cannot be used, changed or given back. */
async function find({ auth }: ApiParts, id: number): Promise<ApiKeyRecord | null> {
  const record = await auth.keys.read(id);
  return record?.revoked_at === null ? record : null;
}

function shown({ id, name, prefix, role, ...times }: ApiKeyRecord) {
  return {
    ...{ id, name, prefix, role },
    created_at: times.created_at.toISOString(),
    expires_at: times.expires_at?.toISOString() ?? null,
    last_used_at: times.last_used_at?.toISOString() ?? null
  };
}

/** Nobody hands out, or takes away, more than they have. */
function above(principal: Principal | null, role: KeyRole): Reply | null {
  if (principal !== null && mayGrant(principal, role)) return null;
  return problem(403, 'forbidden', `The role of the key is "${role}": that is more than your own role has.`);
}

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/keys', tag, permission: 'manage' },
  summary: 'List API keys',
  query: pageQuery,
  replies: { 200: { description: 'Keys that were not revoked, oldest first', schema: listOf(keyOut) } },
  async handle({ parts, query }) {
    const keys = (await parts.auth.keys.list()).filter((key) => key.revoked_at === null);
    const page = pageOf(keys.reverse(), query);
    return ok({ ...page, data: page.data.map(shown) });
  }
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/keys', tag, permission: 'manage' },
  summary: 'Create an API key',
  body: newKey,
  replies: { 201: { description: 'The key, shown this once', schema: createdKeyOut } },
  async handle({ parts, principal, body, audit }) {
    const { name, role, expires_at: expires } = body;
    const refused = above(principal, role);
    if (refused !== null) return refused;
    const { key, record } = await parts.auth.keys.create({
      ...{ name, role, expiresAt: expires === null ? null : new Date(expires) },
      createdBy: principal?.kind === 'user' ? principal.id : null
    });
    await audit({ action: 'key.created', subject: `key ${record.id}`, detail: { name, role } });
    return created({ ...shown(record), key });
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/keys/{id}', tag, permission: 'manage' },
  summary: 'Read an API key',
  description: 'Never its text: only who created it has that.',
  params: byId,
  replies: { 200: { description: 'The key', schema: keyOut } },
  async handle({ parts, params }) {
    const record = await find(parts, params.id);
    return record === null ? notFound(`key ${params.id}`) : ok(shown(record));
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/keys/{id}', tag, permission: 'manage' },
  summary: 'Rename an API key',
  params: byId,
  body: keyChange,
  replies: { 200: { description: 'The key', schema: keyOut } },
  async handle({ parts, principal, params, body, audit }) {
    const known = await find(parts, params.id);
    if (known === null) return notFound(`key ${params.id}`);
    const refused = above(principal, known.role);
    if (refused !== null) return refused;
    const record = await parts.auth.keys.rename(params.id, body.name);
    if (record === null) return notFound(`key ${params.id}`);
    await audit({ action: 'key.renamed', subject: `key ${params.id}`, detail: { name: body.name } });
    return ok(shown(record));
  }
});

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/keys/{id}', tag, permission: 'manage' },
  summary: 'Revoke an API key',
  description: 'On every node within three seconds.',
  params: byId,
  replies: { 204: { description: 'It works no more' } },
  async handle({ parts, principal, params, audit }) {
    const known = await find(parts, params.id);
    if (known === null) return notFound(`key ${params.id}`);
    const refused = above(principal, known.role);
    if (refused !== null) return refused;
    if (!(await parts.auth.keys.revoke(params.id))) return notFound(`key ${params.id}`);
    await audit({ action: 'key.revoked', subject: `key ${params.id}`, detail: { name: known.name } });
    return deleted;
  }
});
