// /api/v1/messages/[id]/body

import { body } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(body);
export const fallback = otherMethods(body);
