// /api/v1/messages/[id]/reverify

import { reverify } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(reverify);
export const fallback = otherMethods(reverify);
