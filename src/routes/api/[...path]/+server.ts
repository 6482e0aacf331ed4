// Every path under /api that no other route has.

import { unknownPath } from '#lib/server/api/serve.ts';

export const fallback = unknownPath;
