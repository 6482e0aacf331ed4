// /api/v1/destinations/[id]/stuck

import { stuck } from '#lib/server/api/resources/destination-states.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(stuck);
export const fallback = otherMethods(stuck);
