// API keys: made with no more rights than one's own, shown once, revoked.

import { error, fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { audit } from '#lib/server/auth/audit.ts';
import { allows, KEY_ROLES, mayGrant, type Principal } from '#lib/server/auth/principal.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const DAY_MS = 86_400_000;

const keyFields = v.object({
  name: v.pipe(v.string(), v.nonEmpty('A key needs a name.'), v.maxLength(100, 'At most 100 characters are taken.')),
  role: v.picklist(KEY_ROLES, 'Choose a role.'),
  days: v.pipe(v.string(), v.regex(/^(0|30|90|365)$/, 'Choose how long it is good.'), v.transform(Number))
});
const idField = v.object({ id: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number)) });

function manager({ principal }: App.Locals): Principal {
  if (principal === null || !allows(principal, 'manage')) error(403, 'Only admins and owners may see and change keys.');
  return principal;
}

export const load: PageServerLoad = async ({ locals }) => {
  const principal = manager(locals);
  const keys = await app().auth.keys.list();
  return {
    roles: KEY_ROLES.filter((role) => mayGrant(principal, role)),
    keys: keys.map(({ id, name, prefix, role, ...times }) => ({
      ...{ id, name, prefix, role },
      createdAt: times.created_at.toISOString(),
      expiresAt: times.expires_at?.toISOString() ?? null,
      lastUsedAt: times.last_used_at?.toISOString() ?? null,
      state: times.revoked_at
        ? 'revoked'
        : times.expires_at && times.expires_at.getTime() < Date.now()
          ? 'expired'
          : 'good'
    }))
  };
};

export const actions: Actions = {
  create: async ({ locals, request }) => {
    const principal = manager(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('create', keyFields, data);
    if (problem) return fail(400, { problem });
    const { name, role, days } = output;
    if (!mayGrant(principal, role)) {
      return fail(403, {
        problem: formProblem('create', data, { errors: { role: 'A key has at most your own rights.' } })
      });
    }
    const { key, record } = await app().auth.keys.create({
      ...{ name, role },
      expiresAt: days === 0 ? null : new Date(Date.now() + days * DAY_MS),
      createdBy: principal.kind === 'user' ? principal.id : null
    });
    await audit(app().database, {
      ...{ actor: principal, action: 'key.created', subject: `key ${record.id}` },
      detail: { name, role, days }
    });
    return { created: { name, key } };
  },

  revoke: async ({ locals, request }) => {
    const principal = manager(locals);
    const { output, problem } = parseForm('revoke', idField, await request.formData());
    if (problem) return fail(400, { problem });
    const { auth, database } = app();
    const record = await auth.keys.read(output.id);
    if (record && !mayGrant(principal, record.role))
      error(403, `Only an owner may revoke a key with the role ${record.role}.`);
    if (record && (await auth.keys.revoke(record.id))) {
      await audit(database, {
        actor: principal,
        action: 'key.revoked',
        subject: `key ${record.id}`,
        detail: { name: record.name }
      });
    }
    return { done: 'The key is revoked: it stops working within seconds.' };
  }
};
