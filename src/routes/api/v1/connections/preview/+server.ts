// /api/v1/connections/preview

import { preview } from '#lib/server/api/resources/connections.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(preview);
export const fallback = otherMethods(preview);
