// Who may make and steer which jobs.

import type { JobKind } from '#lib/inbox/jobs.ts';
import type { Permission } from '#lib/server/auth/principal.ts';

/** What a connection or a secret starts is for those who manage these. */
export function permissionFor(kind: JobKind): Permission {
  return kind === 'redeliver' ? 'redeliver' : 'manage';
}
