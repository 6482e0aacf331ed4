// /api/v1/destinations/[id]/test

import { sendTest } from '#lib/server/api/resources/destinations.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const POST = route(sendTest);
export const fallback = otherMethods(sendTest);
