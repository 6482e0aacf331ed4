// Who may do an operation. Asked once for every request, by serve.ts.

import { accountsOfOwner } from '#lib/server/accounts/accounts.ts';
import { allows, type Principal } from '#lib/server/auth/principal.ts';
import type { ApiRequest, Operation } from './operation.ts';
import { problem, type Reply } from './reply.ts';

/** @returns null when the request may go on */
export async function refuse(operation: Operation, request: ApiRequest): Promise<Reply | null> {
  const { permission } = operation;
  if (permission === 'public') return null;
  const { principal } = request;
  if (principal === null) {
    return problem(401, 'unauthorized', 'Sign in, or send an API key: "Authorization: Bearer <key>".');
  }
  if (permission !== 'account') return allows(principal, permission) ? null : forbidden(principal, permission);
  if (allows(principal, 'read') || (await ownsAccount(principal, request))) return null;
  return forbidden(principal, 'read');
}

/** Other people's accounts and accounts that do not exist get the same answer. */
async function ownsAccount(principal: Principal, { parts, params }: ApiRequest): Promise<boolean> {
  if (principal.kind !== 'user' || principal.role !== 'customer') return false;
  const accounts = await accountsOfOwner(parts.database, principal.email);
  return accounts.some((account) => String(account.id) === params['id']);
}

function forbidden(principal: Principal, permission: string): Reply {
  return problem(
    403,
    'forbidden',
    `The role "${principal.role}" has not the permission "${permission}" that this needs.`
  );
}
