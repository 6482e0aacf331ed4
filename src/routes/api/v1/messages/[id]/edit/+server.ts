// /api/v1/messages/[id]/edit

import { edit } from '#lib/server/api/resources/edits.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(edit);
export const fallback = otherMethods(edit);
