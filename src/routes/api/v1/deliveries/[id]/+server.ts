// /api/v1/deliveries/[id]

import { readOneDelivery } from '#lib/server/api/resources/messages.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(readOneDelivery);
export const fallback = otherMethods(readOneDelivery);
