// /api/v1/messages

import { list } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(list);
export const fallback = otherMethods(list);
