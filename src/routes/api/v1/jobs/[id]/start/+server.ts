// /api/v1/jobs/[id]/start

import { start } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(start);
export const fallback = otherMethods(start);
