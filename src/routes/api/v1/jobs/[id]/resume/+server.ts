// /api/v1/jobs/[id]/resume

import { resume } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(resume);
export const fallback = otherMethods(resume);
