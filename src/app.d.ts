// What SvelteKit's own types leave open for this application.

import type { IncomingMessage } from 'node:http';
import type { Principal } from '#lib/server/auth/principal.ts';

declare global {
  namespace App {
    interface Locals {
      /** Who is signed in; set by hooks.server.ts on every request. */
      principal: Principal | null;
      /** Set by handleError: why the page failed. */
      isDatabaseAway?: boolean;
    }
    interface Error {
      message: string;
      /** Under which the log has the cause of an unexpected error. */
      id?: string;
    }
    interface Platform {
      /** As adapter-node gives it; there is none in `vite dev`. */
      req: IncomingMessage;
    }
  }
}
