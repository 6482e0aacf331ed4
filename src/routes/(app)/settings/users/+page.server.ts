// Users, for owners: invite by a one-time link, change roles, disable.

import { error, fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { app } from '#lib/server/app.ts';
import { audit, type Change } from '#lib/server/auth/audit.ts';
import { parseEmail } from '#lib/server/auth/email.ts';
import { allows, ROLES } from '#lib/server/auth/principal.ts';
import type { UserWrite } from '#lib/server/auth/users.ts';
import { formProblem, parseForm } from '#lib/ui/form.ts';
import type { Actions, PageServerLoad } from './$types';

const id = v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number));
const role = v.picklist(ROLES, 'Choose a role.');
const inviteFields = v.object({
  email: v.pipe(
    v.string(),
    v.check((text) => parseEmail(text) !== null, 'This is not an email address.')
  ),
  role
});
const roleFields = v.object({ id, role });
const stateFields = v.object({ id, disabled: v.picklist(['true', 'false']) });
const linkFields = v.object({ id });

function mayOwn({ principal }: App.Locals): void {
  if (!allows(principal, 'own')) error(403, 'Only owners may see and change users.');
}

export const load: PageServerLoad = async ({ locals }) => {
  mayOwn(locals);
  const users = await app().auth.users.list();
  return {
    users: users.map((user) => ({
      ...{ id: user.id, email: user.email, role: user.role, hasPassword: user.has_password },
      isDisabled: user.disabled_at !== null,
      createdAt: user.created_at.toISOString(),
      isSelf: locals.principal?.kind === 'user' && locals.principal.id === user.id
    }))
  };
};

export const actions: Actions = {
  invite: async ({ locals, request, url }) => {
    mayOwn(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('invite', inviteFields, data);
    if (problem) return fail(400, { problem });
    const { users } = app().auth;
    const written = await users.create(output.email, output.role);
    if (written.outcome !== 'saved') {
      return fail(409, {
        problem: formProblem('invite', data, { errors: { email: 'There is a user with this address already.' } })
      });
    }
    const { id: userId, email, role } = written.user;
    await changed(locals, { action: 'user.created', subject: `user ${userId}`, detail: { email, role } });
    return { link: await linkFor(written.user, url) };
  },

  link: async ({ locals, request, url }) => {
    mayOwn(locals);
    const { output, problem } = parseForm('link', linkFields, await request.formData());
    const user = output && (await app().auth.users.read(output.id));
    if (problem || !user) return fail(404, { problem: problem ?? gone(new FormData()) });
    await changed(locals, { action: 'user.link_made', subject: `user ${user.id}`, detail: { email: user.email } });
    return { link: await linkFor(user, url) };
  },

  role: async ({ locals, request }) => {
    mayOwn(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('role', roleFields, data);
    if (problem) return fail(400, { problem });
    const written = await app().auth.users.setRole(output.id, output.role);
    if (written.outcome !== 'saved') return fail(409, { problem: refusal(written, data) });
    const { email } = written.user;
    await changed(locals, {
      action: 'user.updated',
      subject: `user ${output.id}`,
      detail: { email, role: output.role }
    });
    return { done: `${email} is ${output.role} now, and has to sign in again.` };
  },

  disable: async ({ locals, request }) => {
    mayOwn(locals);
    const data = await request.formData();
    const { output, problem } = parseForm('disable', stateFields, data);
    if (problem) return fail(400, { problem });
    const disabled = output.disabled === 'true';
    const written = await app().auth.users.setDisabled(output.id, disabled);
    if (written.outcome !== 'saved') return fail(409, { problem: refusal(written, data) });
    const { email } = written.user;
    const action = disabled ? 'user.disabled' : 'user.enabled';
    await changed(locals, { action, subject: `user ${output.id}`, detail: { email } });
    return { done: disabled ? `${email} is disabled and signed out everywhere.` : `${email} may sign in again.` };
  }
};

/** Good once and for 24 hours; older links of the user end. */
async function linkFor(user: { id: number; email: string }, { origin }: URL): Promise<{ email: string; url: string }> {
  const { auth, config } = app();
  const token = await auth.users.makeLink(user.id);
  return { email: user.email, url: `${config.publicUrl?.origin ?? origin}/password/${token}` };
}

function changed(locals: App.Locals, change: Omit<Change, 'actor'>): Promise<void> {
  return audit(app().database, { actor: locals.principal ?? 'system', ...change });
}

function refusal(written: UserWrite, data: FormData) {
  if (written.outcome !== 'last_owner') return gone(data);
  return formProblem('users', data, {
    message: 'This is the last owner who can sign in: make somebody else an owner first.'
  });
}

const gone = (data: FormData) => formProblem('users', data, { message: 'There is no such user any more.' });
