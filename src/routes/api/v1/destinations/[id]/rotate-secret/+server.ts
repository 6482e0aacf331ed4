// /api/v1/destinations/[id]/rotate-secret

import { rotateSecret } from '#lib/server/api/resources/destinations.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(rotateSecret);
export const fallback = otherMethods(rotateSecret);
