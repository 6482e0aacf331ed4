// /api/v1/problems/[id]

import { read } from '#lib/server/api/resources/problems.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(read);
export const fallback = otherMethods(read);
