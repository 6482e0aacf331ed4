// /api/v1/sources/[id]/secrets

import { addSecret } from '#lib/server/api/resources/sources.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(addSecret);
export const fallback = otherMethods(addSecret);
