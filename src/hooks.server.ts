// init: starts the app once. handle: who is asking, what they may open, headers. handleError: an id and nothing else.

import { randomUUID } from 'node:crypto';
import { building } from '$app/environment';
import { error, redirect, type Handle, type HandleServerError, type ServerInit } from '@sveltejs/kit';
import { isDatabaseAway } from '#lib/server/api/database-away.ts';
import { app, startApp } from '#lib/server/app.ts';
import { isSameOrigin } from '#lib/server/auth/origin.ts';
import { readConfig } from '#lib/server/config.ts';
import { parseTheme, THEME_COOKIE } from '#lib/ui/theme.ts';

export const init: ServerInit = async () => {
  if (!building) await startApp(readConfig());
};

const DATABASE_AWAY = 'The database does not answer now. Try again in some seconds.';
const APP_GROUP = '/(app)';
const CUSTOMER_PAGE = '/(app)/account';

export const handle: Handle = async ({ event, resolve }) => {
  const { request, locals, url } = event;
  const { auth, config } = app();
  // adapter-node takes https for granted; what a page shows and sets must be true.
  url.protocol = config.publicUrl?.protocol ?? 'http:';
  const authorization = request.headers.get('authorization');
  const asked = auth.principalOfRequest({ cookieHeader: request.headers.get('cookie'), authorization });
  locals.principal = await asked.catch((cause: unknown) => {
    if (isDatabaseAway(cause)) error(503, DATABASE_AWAY);
    throw cause;
  });
  // The API has answers of its own, in JSON.
  const isApi = url.pathname.startsWith('/api/');
  if (!isApi && locals.principal?.kind !== 'key' && !cameFromHere(request, config.publicUrl)) {
    error(403, 'This form was sent from another site. Open the page here and send it again.');
  }
  guardPages(event);
  const theme = parseTheme(event.cookies.get(THEME_COOKIE));
  const answer = await resolve(event, { transformPageChunk: ({ html }) => html.replace('%theme%', theme) });
  const response = locals.isDatabaseAway ? unavailable(answer) : answer;
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-frame-options', 'DENY');
  response.headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  response.headers.set('cross-origin-opener-policy', 'same-origin');
  return response;
};

/** handleError can say why, but only this can say it to machines. */
function unavailable({ body, headers }: Response): Response {
  headers.set('retry-after', '5');
  return new Response(body, { status: 503, headers });
}

function cameFromHere(request: Request, publicUrl: URL | null): boolean {
  return isSameOrigin({
    method: request.method,
    origin: request.headers.get('origin'),
    secFetchSite: request.headers.get('sec-fetch-site'),
    host: request.headers.get('host'),
    publicUrl
  });
}

/** Pages behind the login; customers see their own account and nothing else. Each page checks its own permission too. */
function guardPages({ route, locals, url }: Parameters<Handle>[0]['event']): void {
  if (!route.id?.startsWith(APP_GROUP)) return;
  if (locals.principal === null) redirect(303, `/login?to=${encodeURIComponent(url.pathname + url.search)}`);
  if (locals.principal.role === 'customer' && route.id !== CUSTOMER_PAGE) redirect(303, '/account');
}

export const handleError: HandleServerError = ({ error: cause, event, status, message }) => {
  if (status === 404) return { message };
  const id = randomUUID();
  app().logger.error({ err: cause, id }, 'a page failed');
  event.locals.isDatabaseAway = isDatabaseAway(cause);
  if (event.locals.isDatabaseAway) return { message: DATABASE_AWAY, id };
  return { message: 'Something went wrong here. The log has the cause under this id.', id };
};
