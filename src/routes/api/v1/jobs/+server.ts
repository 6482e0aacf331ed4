// /api/v1/jobs

import { create, list } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(list);
export const POST = route(create);
export const fallback = otherMethods(list, create);
