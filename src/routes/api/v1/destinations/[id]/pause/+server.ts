// /api/v1/destinations/[id]/pause

import { pause } from '#lib/server/api/resources/destination-states.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(pause);
export const fallback = otherMethods(pause);
