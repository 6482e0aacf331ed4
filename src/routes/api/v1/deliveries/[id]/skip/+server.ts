// /api/v1/deliveries/[id]/skip

import { skip } from '#lib/server/api/resources/deliveries.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(skip);
export const fallback = otherMethods(skip);
