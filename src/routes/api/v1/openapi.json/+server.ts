// /api/v1/openapi.json

import { readDocument } from '#lib/server/api/document.ts';
import { otherMethods, route } from '#lib/server/api/serve.ts';

export const GET = route(readDocument);
export const fallback = otherMethods(readDocument);
