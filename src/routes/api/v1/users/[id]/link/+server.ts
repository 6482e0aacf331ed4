// /api/v1/users/[id]/link

import { makeLink } from '#lib/server/api/resources/users.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(makeLink);
export const fallback = otherMethods(makeLink);
