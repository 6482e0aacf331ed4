// The body of the open message: apart from the page's data, which is read anew whenever a delivery moves.

import { error } from '@sveltejs/kit';
import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { readBody } from '#lib/server/log/body.ts';
import { readEnvelope } from '#lib/server/log/read.ts';
import type { LayoutServerLoad } from './$types';
import { bodyView } from './body.ts';

/** Larger bodies are sent from a file by the curl line. */
const CURL_BODY_BYTES = 64 * 1024;

export const load: LayoutServerLoad = async ({ locals, params, url }) => {
  if (!allows(locals.principal, 'read')) error(403, 'Your role does not read messages.');
  const { database } = app();
  const [message, bytes] = await Promise.all([readEnvelope(database, params.id), readBody(database, params.id)]);
  if (message === null) {
    error(404, `There is no message ${params.id}. It may have been pruned: messages are kept for some days.`);
  }
  const wanted = url.searchParams.get('view');
  return {
    body: bytes === null ? null : await bodyView(bytes, { headers: message.headers, wanted }),
    curlBody: bytes !== null && bytes.length <= CURL_BODY_BYTES ? bytes.toString('base64') : null
  };
};
