// /api/v1/problems/[id]/resolve

import { resolve } from '#lib/server/api/resources/problems.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(resolve);
export const fallback = otherMethods(resolve);
