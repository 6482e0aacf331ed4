// The roles with what each may do, for people who choose one.

export const ROLE_OPTIONS = [
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'member', label: 'member: also re-delivers' },
  { value: 'admin', label: 'admin: also manages sources, accounts, keys' },
  { value: 'owner', label: 'owner: also users and settings' },
  { value: 'customer', label: 'customer: their own account only' }
];
