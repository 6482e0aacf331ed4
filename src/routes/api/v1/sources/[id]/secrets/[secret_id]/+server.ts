// /api/v1/sources/[id]/secrets/[secret_id]

import { removeSecret } from '#lib/server/api/resources/sources.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const DELETE = route(removeSecret);
export const fallback = otherMethods(removeSecret);
