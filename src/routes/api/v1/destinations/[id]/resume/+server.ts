// /api/v1/destinations/[id]/resume

import { resume } from '#lib/server/api/resources/destination-states.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(resume);
export const fallback = otherMethods(resume);
