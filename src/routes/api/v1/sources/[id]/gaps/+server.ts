// /api/v1/sources/[id]/gaps

import { listGaps } from '#lib/server/api/resources/gaps.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(listGaps);
export const fallback = otherMethods(listGaps);
