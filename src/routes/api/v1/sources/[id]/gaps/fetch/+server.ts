// /api/v1/sources/[id]/gaps/fetch

import { fetchGaps } from '#lib/server/api/resources/gaps.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(fetchGaps);
export const fallback = otherMethods(fetchGaps);
