import { expect, test } from 'vitest';
import { allows, mayGrant, ROLES, type Permission, type Principal, type Role } from '#lib/server/auth/principal.ts';

const PERMISSIONS: Permission[] = ['read', 'redeliver', 'manage', 'own'];

const someone = (role: Role): Principal => ({
  kind: 'user',
  id: 1,
  email: 'ada@example.com',
  role,
  sessionId: 'f'.repeat(64),
  expiresAt: new Date()
});

test('each role has exactly the permissions of the contract', () => {
  const granted = ROLES.map((role) => [role, PERMISSIONS.filter((permission) => allows(someone(role), permission))]);
  expect(granted).toEqual([
    ['owner', ['read', 'redeliver', 'manage', 'own']],
    ['admin', ['read', 'redeliver', 'manage']],
    ['member', ['read', 'redeliver']],
    ['viewer', ['read']],
    ['customer', []]
  ]);
});

test('nobody may do anything', () => {
  expect(PERMISSIONS.filter((permission) => allows(null, permission))).toEqual([]);
});

test('nobody hands out more rights than they have', () => {
  const grantable = ROLES.map((role) => [role, ROLES.filter((other) => mayGrant(someone(role), other))]);
  expect(grantable).toEqual([
    ['owner', ['owner', 'admin', 'member', 'viewer', 'customer']],
    ['admin', ['admin', 'member', 'viewer', 'customer']],
    ['member', ['member', 'viewer', 'customer']],
    ['viewer', ['viewer', 'customer']],
    ['customer', ['customer']]
  ]);
});
