// Who is asking, and what they may do. Pure: routes, API and live stream all ask the same question here.

/** Roles from most to least; customer stands aside: only the accounts whose owner_email is theirs. */
export const ROLES = ['owner', 'admin', 'member', 'viewer', 'customer'] as const;
export type Role = (typeof ROLES)[number];
/** Keys act for the instance, so they never have the customer role. */
export const KEY_ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/** read: see the log · redeliver: also edit views · manage: sources, destinations, accounts, keys · own: users, settings */
export type Permission = 'read' | 'redeliver' | 'manage' | 'own';

export interface UserPrincipal {
  kind: 'user';
  id: number;
  email: string;
  role: Role;
  /** The session as it is stored: SHA-256 of the cookie's value, so that a principal never carries what signs in. */
  sessionId: string;
  /** When the session ends if nothing renews it. */
  expiresAt: Date;
}

export interface KeyPrincipal {
  kind: 'key';
  /** 0: the environment's API_KEY. */
  id: number;
  name: string;
  role: KeyRole;
}

export type Principal = UserPrincipal | KeyPrincipal;

const GRANTED: Record<Role, readonly Permission[]> = {
  owner: ['read', 'redeliver', 'manage', 'own'],
  admin: ['read', 'redeliver', 'manage'],
  member: ['read', 'redeliver'],
  viewer: ['read'],
  customer: []
};

/** Whether a principal has a permission; nobody (null) has none. */
export function allows(principal: Principal | null, permission: Permission): boolean {
  return principal !== null && GRANTED[principal.role].includes(permission);
}

/** Whether a principal may hand out a role: only one with no more rights than their own, or admins could make themselves owners. */
export function mayGrant(principal: Principal, role: Role): boolean {
  return GRANTED[role].every((permission) => allows(principal, permission));
}
