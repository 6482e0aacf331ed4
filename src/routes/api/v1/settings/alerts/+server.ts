// /api/v1/settings/alerts

import { readAlerts, updateAlerts } from '#lib/server/api/resources/settings.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(readAlerts);
export const PATCH = route(updateAlerts);
export const fallback = otherMethods(readAlerts, updateAlerts);
