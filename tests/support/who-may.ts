// Who may do what, by the contract and not by the code: every page, every form, every operation of the API.

export const STAFF = ['viewer', 'member', 'admin', 'owner'] as const;
/** From the least to the most: who may is this one and those after it. */
export type Least = 'anybody' | 'customer' | (typeof STAFF)[number];
export const RANKS: Least[] = ['anybody', 'customer', ...STAFF];

/** Each page by its route, a path of it, and who may open it. In braces: what the test has made, or has not. */
export const PAGES: Record<string, { path: string; least: Least }> = {
  '/(app)/account': { path: '/account', least: 'customer' },
  '/(app)/accounts': { path: '/accounts', least: 'viewer' },
  '/(app)/accounts/[id]': { path: '/accounts/{account}', least: 'viewer' },
  '/(app)/connections/[id]': { path: '/connections/{connection}', least: 'admin' },
  '/(app)/destinations': { path: '/destinations', least: 'viewer' },
  '/(app)/destinations/[id]': { path: '/destinations/1', least: 'viewer' },
  '/(app)/inbox': { path: '/inbox', least: 'viewer' },
  '/(app)/inbox/[id]': { path: '/inbox/{message}', least: 'viewer' },
  '/(app)/problems': { path: '/problems', least: 'viewer' },
  '/(app)/jobs': { path: '/jobs', least: 'viewer' },
  '/(app)/jobs/[id]': { path: '/jobs/{job}', least: 'viewer' },
  '/(app)/pull-requests': { path: '/pull-requests', least: 'viewer' },
  '/(app)/settings': { path: '/settings', least: 'viewer' },
  '/(app)/settings/audit': { path: '/settings/audit', least: 'admin' },
  '/(app)/settings/keys': { path: '/settings/keys', least: 'admin' },
  '/(app)/settings/users': { path: '/settings/users', least: 'owner' },
  '/(app)/sources': { path: '/sources', least: 'viewer' },
  '/(app)/sources/[slug]': { path: '/sources/shop', least: 'viewer' },
  '/(app)/sources/[slug]/gaps': { path: '/sources/shop/gaps', least: 'admin' },
  '/(app)/sources/new': { path: '/sources/new', least: 'admin' }
};
/** Before signing in; way-people and way-people-forms test them. `/` only leads on. */
export const ENTRIES = ['/', '/(entry)/login', '/(entry)/password/[token]', '/(entry)/setup'];

/** Each form by its route and action, sent so that those who may change nothing by it either. */
export const FORMS: Record<string, { path: string; least: Least; fields?: Record<string, string> }> = {
  '/(app)/accounts?/create': { path: '/accounts', least: 'admin', fields: { currency: 'not one' } },
  '/(app)/accounts/[id]?/delete': { path: '/accounts/{nobody}', least: 'admin' },
  '/(app)/accounts/[id]?/reverse': { path: '/accounts/{nobody}', least: 'admin', fields: { entry: '1', reason: 'x' } },
  '/(app)/connections/[id]?/check': { path: '/connections/{nobody}', least: 'admin' },
  '/(app)/connections/[id]?/save': { path: '/connections/{nobody}', least: 'admin' },
  '/(app)/destinations?/create': { path: '/destinations', least: 'admin' },
  '/(app)/destinations?/delete': { path: '/destinations', least: 'admin', fields: { id: '{nobody}' } },
  '/(app)/destinations?/connect': { path: '/destinations', least: 'admin' },
  '/(app)/destinations?/disconnect': { path: '/destinations', least: 'admin', fields: { id: '{nobody}' } },
  '/(app)/inbox/[id]?/sendEdited': { path: '/inbox/{message}', least: 'member' },
  '/(app)/inbox/[id]?/previewEdited': { path: '/inbox/{message}', least: 'member' },
  '/(app)/destinations/[id]?/settings': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/rotate': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/end': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/test': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/pause': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/resume': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/destinations/[id]?/skip': { path: '/destinations/{nobody}', least: 'member' },
  '/(app)/destinations/[id]?/delete': { path: '/destinations/{nobody}', least: 'admin' },
  '/(app)/inbox/[id]?/preview': { path: '/inbox/{message}', least: 'member' },
  '/(app)/inbox/[id]?/redeliver': { path: '/inbox/{message}', least: 'member' },
  '/(app)/inbox/[id]?/reverify': { path: '/inbox/{message}', least: 'member' },
  '/(app)/problems?/resolve': { path: '/problems', least: 'member', fields: { id: '{nobody}' } },
  '/(app)/settings?/alerts': { path: '/settings', least: 'admin', fields: { destination: '{nobody}' } },
  '/(app)/jobs?/redeliver': { path: '/jobs', least: 'member' },
  '/(app)/jobs?/backfill': { path: '/jobs', least: 'admin', fields: { connection: '{nobody}' } },
  '/(app)/jobs?/reverify': { path: '/jobs', least: 'admin', fields: { source: 'nowhere' } },
  '/(app)/jobs/[id]?/start': { path: '/jobs/{nobody}', least: 'member' },
  '/(app)/jobs/[id]?/pause': { path: '/jobs/{nobody}', least: 'member' },
  '/(app)/jobs/[id]?/resume': { path: '/jobs/{nobody}', least: 'member' },
  '/(app)/jobs/[id]?/cancel': { path: '/jobs/{nobody}', least: 'member' },
  '/(app)/settings?/shortcuts': { path: '/settings', least: 'viewer' },
  '/(app)/settings/keys?/create': { path: '/settings/keys', least: 'admin' },
  '/(app)/settings/keys?/revoke': { path: '/settings/keys', least: 'admin', fields: { id: '{nobody}' } },
  '/(app)/settings/users?/invite': { path: '/settings/users', least: 'owner' },
  '/(app)/settings/users?/link': { path: '/settings/users', least: 'owner', fields: { id: '{nobody}' } },
  '/(app)/settings/users?/role': { path: '/settings/users', least: 'owner', fields: { id: '{nobody}' } },
  '/(app)/settings/users?/disable': { path: '/settings/users', least: 'owner', fields: { id: '{nobody}' } },
  '/(app)/sources/[slug]?/settings': { path: '/sources/nowhere', least: 'admin' },
  '/(app)/sources/[slug]?/rotate': { path: '/sources/nowhere', least: 'admin' },
  '/(app)/sources/[slug]?/end': { path: '/sources/nowhere', least: 'admin' },
  '/(app)/sources/[slug]?/test': { path: '/sources/nowhere', least: 'admin' },
  '/(app)/sources/[slug]?/delete': { path: '/sources/nowhere', least: 'admin' },
  '/(app)/sources/[slug]/gaps?/setup': { path: '/sources/nowhere/gaps', least: 'admin' },
  '/(app)/sources/[slug]/gaps?/fill': { path: '/sources/nowhere/gaps', least: 'admin' },
  '/(app)/sources/new?/default': { path: '/sources/new', least: 'admin' }
};
/** Posts of their own, for anybody who is on a page of ours: they change a cookie. */
export const ENDPOINTS = ['/logout', '/theme'];

/** Each operation of the API, and who may. */
export const OPERATIONS: Record<string, Least> = {
  'GET /accounts': 'viewer',
  'GET /accounts/{id}': 'viewer',
  'GET /connections': 'viewer',
  'GET /connections/{id}': 'viewer',
  'GET /deliveries/{id}': 'viewer',
  'GET /destinations': 'viewer',
  'GET /destinations/{id}': 'viewer',
  'GET /jobs': 'viewer',
  'GET /jobs/{id}': 'viewer',
  'GET /jobs/{id}/items': 'viewer',
  'GET /keys': 'admin',
  'GET /keys/{id}': 'admin',
  'GET /live': 'viewer',
  'GET /messages': 'viewer',
  'GET /messages/{id}': 'viewer',
  'GET /messages/{id}/body': 'viewer',
  'GET /openapi.json': 'anybody',
  'GET /problems': 'viewer',
  'GET /problems/{id}': 'viewer',
  'GET /settings/alerts': 'admin',
  'GET /sources': 'viewer',
  'GET /sources/{id}': 'viewer',
  'GET /users': 'owner',
  'GET /users/{id}': 'owner',
  'GET /destinations/{id}/stuck': 'viewer',
  'POST /destinations/{id}/pause': 'admin',
  'POST /destinations/{id}/resume': 'admin',
  'POST /deliveries/{id}/skip': 'member',
  'POST /connections/preview': 'admin',
  'POST /messages/{id}/edit': 'member',
  'POST /jobs': 'member',
  'POST /jobs/{id}/start': 'member',
  'POST /jobs/{id}/pause': 'member',
  'POST /jobs/{id}/resume': 'member',
  'POST /jobs/{id}/cancel': 'member',
  'POST /messages/{id}/redeliver': 'member',
  'POST /messages/{id}/reverify': 'member',
  'POST /problems/{id}/resolve': 'member',
  'PATCH /settings/alerts': 'admin',
  ...Object.fromEntries(
    ['accounts', 'connections', 'destinations', 'keys', 'sources'].flatMap((resource) => [
      [`POST /${resource}`, 'admin'],
      [`PATCH /${resource}/{id}`, 'admin'],
      [`DELETE /${resource}/{id}`, 'admin']
    ])
  ),
  'POST /accounts/{id}/entries/{entry_id}/reverse': 'admin',
  'POST /destinations/{id}/rotate-secret': 'admin',
  'POST /destinations/{id}/test': 'admin',
  'DELETE /destinations/{id}/previous-secret': 'admin',
  'GET /sources/{id}/gaps': 'admin',
  'POST /sources/{id}/gaps/fetch': 'admin',
  'POST /sources/{id}/secrets': 'admin',
  'DELETE /sources/{id}/secrets/{secret_id}': 'admin',
  'DELETE /messages/{id}': 'admin',
  'POST /users': 'owner',
  'PATCH /users/{id}': 'owner',
  'DELETE /users/{id}': 'owner',
  'POST /users/{id}/link': 'owner'
};
