// /api/v1/accounts/[id]/entries/[entry_id]/reverse

import { reverse } from '#lib/server/api/resources/accounts.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(reverse);
export const fallback = otherMethods(reverse);
