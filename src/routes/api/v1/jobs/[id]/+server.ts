// /api/v1/jobs/[id]

import { read } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(read);
export const fallback = otherMethods(read);
