// /api/v1/jobs/[id]/items

import { items } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(items);
export const fallback = otherMethods(items);
