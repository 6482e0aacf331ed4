// /api/v1/jobs/[id]/pause

import { pause } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(pause);
export const fallback = otherMethods(pause);
