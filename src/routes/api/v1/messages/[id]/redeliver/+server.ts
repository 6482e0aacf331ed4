// /api/v1/messages/[id]/redeliver

import { redeliver } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(redeliver);
export const fallback = otherMethods(redeliver);
