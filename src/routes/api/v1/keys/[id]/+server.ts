// /api/v1/keys/[id]

import { read, remove, update } from '#lib/server/api/resources/keys.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(read);
export const PATCH = route(update);
export const DELETE = route(remove);
export const fallback = otherMethods(read, update, remove);
