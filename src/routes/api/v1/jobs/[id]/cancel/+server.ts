// /api/v1/jobs/[id]/cancel

import { cancel } from '#lib/server/api/resources/jobs.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(cancel);
export const fallback = otherMethods(cancel);
