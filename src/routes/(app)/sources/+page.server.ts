// The sources, with what came in lately; for admins also what was sent to none of them.

import { app } from '#lib/server/app.ts';
import { allows } from '#lib/server/auth/principal.ts';
import { troubled } from '#lib/server/problems/problem.ts';
import { listSources, type SourceRecord } from '#lib/server/routing/sources.ts';
import { COUNTED_AT_MOST, sourceActivity, type SourceActivity } from '#lib/server/sources/activity.ts';
import { listUnknownRequests } from '#lib/server/sources/unknown-requests.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import type { PageServerLoad } from './$types';

const NOTHING_YET: SourceActivity = { sourceId: 0, lastReceivedAt: null, lastMessageId: null, messages: 0, invalid: 0 };

export const load: PageServerLoad = async ({ locals, url }) => {
  const { config, database } = app();
  const origin = config.publicUrl?.origin ?? url.origin;
  const [sources, activity, unknownRequests, inTrouble] = await Promise.all([
    listSources(database),
    sourceActivity(database),
    allows(locals.principal, 'manage') ? listUnknownRequests(database) : [],
    troubled(database, 'source')
  ]);
  return { sources: sources.map((source) => row(source, origin, activity.get(source.id))), unknownRequests, inTrouble };
};

function row(
  { id, slug, name, provider: providerSlug, secrets }: SourceRecord,
  origin: string,
  lately: SourceActivity = NOTHING_YET
) {
  const provider = findProvider(providerSlug);
  return {
    ...{ id, slug, name, url: `${origin}/in/${slug}` },
    provider: provider?.name ?? providerSlug,
    lacksSecret: secrets.length === 0 && provider?.needsSecret === true,
    lastReceivedAt: lately.lastReceivedAt,
    messages: counted(lately.messages),
    invalid: counted(lately.invalid)
  };
}

function counted(count: number): string {
  const shown = Math.min(count, COUNTED_AT_MOST).toLocaleString('en-US');
  return count > COUNTED_AT_MOST ? `${shown}+` : shown;
}
