// /api/v1/messages/[id]

import { read, remove } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(read);
export const DELETE = route(remove);
export const fallback = otherMethods(read, remove);
