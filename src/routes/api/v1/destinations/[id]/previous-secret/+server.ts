// /api/v1/destinations/[id]/previous-secret

import { endSecret } from '#lib/server/api/resources/destinations.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const DELETE = route(endSecret);
export const fallback = otherMethods(endSecret);
