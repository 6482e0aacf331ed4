// /api/v1/users

import type { UserRecord, UserWrite } from '#lib/server/auth/users.ts';
import { operation, takesNothing } from '../operation.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { conflict, created, deleted, notFound, ok, type Reply } from '../reply.ts';
import { createdUserOut, linkOut, newUser, userChange, userOut } from '../schemas/access.ts';
import { byId, listOf } from '../schemas/fields.ts';

const tag = 'user';

function shown({ id, email, role, has_password, ...times }: UserRecord) {
  return {
    ...{ id, email, role, has_password },
    created_at: times.created_at.toISOString(),
    disabled_at: times.disabled_at?.toISOString() ?? null
  };
}

function refused(write: Exclude<UserWrite, { outcome: 'saved' }>, id: number): Reply {
  switch (write.outcome) {
    case 'unknown':
      return notFound(`user ${id}`);
    case 'email_taken':
      return conflict(`email is "${write.email}": another user has it.`);
    case 'last_owner':
      return conflict(`User ${id} is the last owner who can sign in: make another owner first.`);
  }
}

const linkTo = (origin: string, token: string) => `${origin}/password/${token}`;

export const list = operation({
  ...{ ...takesNothing, method: 'GET', path: '/users', tag, permission: 'own' },
  summary: 'List users',
  query: pageQuery,
  replies: { 200: { description: 'Users, oldest first', schema: listOf(userOut) } },
  async handle({ parts, query }) {
    const page = pageOf(await parts.auth.users.list(), query);
    return ok({ ...page, data: page.data.map(shown) });
  }
});

export const create = operation({
  ...{ ...takesNothing, method: 'POST', path: '/users', tag, permission: 'own' },
  summary: 'Create a user',
  description: 'The answer has a one-time link by which they choose their password: nobody else ever knows it.',
  body: newUser,
  replies: { 201: { description: 'The user and their link', schema: createdUserOut } },
  async handle({ parts, body, origin, audit }) {
    const write = await parts.auth.users.create(body.email, body.role);
    if (write.outcome !== 'saved') return refused(write, 0);
    const token = await parts.auth.users.makeLink(write.user.id);
    const { email, role } = write.user;
    await audit({ action: 'user.created', subject: `user ${write.user.id}`, detail: { email, role } });
    return created({ ...shown(write.user), link: linkTo(origin, token) });
  }
});

export const read = operation({
  ...{ ...takesNothing, method: 'GET', path: '/users/{id}', tag, permission: 'own' },
  summary: 'Read a user',
  params: byId,
  replies: { 200: { description: 'The user', schema: userOut } },
  async handle({ parts, params }) {
    const user = await parts.auth.users.read(params.id);
    return user === null ? notFound(`user ${params.id}`) : ok(shown(user));
  }
});

export const update = operation({
  ...{ ...takesNothing, method: 'PATCH', path: '/users/{id}', tag, permission: 'own' },
  summary: "Change a user's role, disable or enable them",
  description: 'Ends their sessions.',
  params: byId,
  body: userChange,
  replies: { 200: { description: 'The user', schema: userOut } },
  async handle({ parts, params, body, audit }) {
    const write = await change(parts, params.id, body);
    if (write.outcome !== 'saved') return refused(write, params.id);
    const { email, role, disabled_at: disabledAt } = write.user;
    const detail = { email, role, disabled: disabledAt !== null };
    await audit({ action: 'user.updated', subject: `user ${params.id}`, detail });
    return ok(shown(write.user));
  }
});

async function change(
  { auth: { users } }: ApiParts,
  id: number,
  { role, disabled }: { role?: UserRecord['role'] | undefined; disabled?: boolean | undefined }
): Promise<UserWrite> {
  const known = await users.read(id);
  let write: UserWrite = known === null ? { outcome: 'unknown' } : { outcome: 'saved', user: known };
  if (role !== undefined && write.outcome === 'saved') write = await users.setRole(id, role);
  if (disabled !== undefined && write.outcome === 'saved') write = await users.setDisabled(id, disabled);
  return write;
}

export const remove = operation({
  ...{ ...takesNothing, method: 'DELETE', path: '/users/{id}', tag, permission: 'own' },
  summary: 'Disable a user',
  description: 'They are signed out and cannot sign in. The audit log keeps their name, so the user stays, disabled.',
  params: byId,
  replies: { 204: { description: 'They are out' } },
  async handle({ parts, params, audit }) {
    const write = await change(parts, params.id, { disabled: true });
    if (write.outcome !== 'saved') return refused(write, params.id);
    await audit({ action: 'user.disabled', subject: `user ${params.id}`, detail: { email: write.user.email } });
    return deleted;
  }
});

export const makeLink = operation({
  ...{ ...takesNothing, method: 'POST', path: '/users/{id}/link', tag, permission: 'own' },
  summary: 'Make a one-time link by which a user chooses a new password',
  description: 'Older links of theirs end.',
  params: byId,
  replies: { 201: { description: 'The link', schema: linkOut } },
  async handle({ parts, params, origin, audit }) {
    const user = await parts.auth.users.read(params.id);
    if (user === null) return notFound(`user ${params.id}`);
    if (user.disabled_at !== null) return conflict(`User ${params.id} is disabled: enable them first.`);
    const token = await parts.auth.users.makeLink(params.id);
    await audit({ action: 'user.link_made', subject: `user ${params.id}`, detail: { email: user.email } });
    return created({ link: linkTo(origin, token) });
  }
});
