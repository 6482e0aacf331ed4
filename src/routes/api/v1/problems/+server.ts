// /api/v1/problems

import { list } from '#lib/server/api/resources/problems.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(list);
export const fallback = otherMethods(list);
