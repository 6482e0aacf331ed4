// /api/v1/deliveries/[id]

import { read } from '#lib/server/api/resources/deliveries.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(read);
export const fallback = otherMethods(read);
