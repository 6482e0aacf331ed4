// The list of the inbox, beside whatever message is open: one page of the log, and where the stream goes on from it.

import { error, redirect } from '@sveltejs/kit';
import { listSearch, readInboxQuery, type InboxQuery } from '#lib/inbox/inbox-query.ts';
import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { countMessages } from '#lib/server/log/count.ts';
import { formatCursor, parseCursor } from '#lib/server/log/list-cursor.ts';
import { listMessages } from '#lib/server/log/list.ts';
import { listSources, type SourceRecord } from '#lib/server/routing/sources.ts';
import { curlLine } from '#lib/server/sources/curl-line.ts';
import { signedSample } from '#lib/server/sources/signed-sample.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals, url }) => {
  if (!allows(locals.principal, 'read')) error(403, 'Your role does not read the inbox.');
  const { database, hub, config } = app();
  // Before anything is read: what comes meanwhile is sent by the stream.
  const since = hub.position();
  const query = readInboxQuery(url.searchParams, hub.now());
  const cursor = cursorOf(query);
  const [page, sources] = await Promise.all([listMessages(database, listQuery(query, cursor)), listSources(database)]);
  // A newer page that reaches the newest is the first page, which goes on by itself.
  const reached = isNewer(cursor) && page.previous_cursor === null;
  if (reached) redirect(303, `${url.pathname}${listSearch(url.searchParams, 'first')}`);
  const isEmpty = page.data.length === 0;
  const origin = config.publicUrl?.origin ?? url.origin;
  return {
    messages: page.data,
    cursors: { older: page.next_cursor, newer: page.previous_cursor },
    /** New messages go on top of this page. */
    isNewest: cursor === null && query.until === null,
    live: { since, filter: query.filter },
    problems: query.problems,
    sources: sources.map(({ slug, name }) => ({ slug, name })),
    total: isEmpty ? await countMessages(database) : null,
    start: isEmpty ? startingPoint(sources[0], { origin, signed: allows(locals.principal, 'manage') }) : null
  };
};

function listQuery({ filter, until }: InboxQuery, cursor: string | null) {
  return { ...filter, ...(until === null ? {} : { until }), cursor };
}

function cursorOf({ cursor, before }: InboxQuery): string | null {
  const text = cursor ?? (before === null ? null : formatCursor({ direction: 'older', id: before }));
  return text !== null && parseCursor(text) !== null ? text : null;
}

const isNewer = (cursor: string | null) => cursor !== null && parseCursor(cursor)?.direction === 'newer';

/** Where a first message can be sent to, with a line that sends one: signed for those who manage the secret. */
function startingPoint(source: SourceRecord | undefined, { origin, signed }: { origin: string; signed: boolean }) {
  if (!source) return null;
  const url = `${origin}/in/${source.slug}`;
  const routed = signed ? app().routing.sourceById(source.id) : null;
  const sample = routed && signedSample(routed, url, Date.now());
  return {
    ...{ name: source.name, slug: source.slug, url },
    curl: sample && !('problem' in sample) ? curlLine(sample) : null
  };
}
