// /api/v1/sources/{id}/gaps

import { fillChange } from '#lib/server/gaps/fill.ts';
import type { GapProblem } from '#lib/server/gaps/types.ts';
import { findSourceByKey } from '#lib/server/routing/sources.ts';
import { operation, takesNothing } from '../operation.ts';
import { invalid, notFound, ok, problem } from '../reply.ts';
import { byIdOrSlug, errorOut } from '../schemas/fields.ts';
import { filledOut, gapsFetch, gapsOut, gapsQuery } from '../schemas/gaps.ts';

const tag = 'source';
const DAY_MS = 86_400_000;

const STATUS_OF_PROBLEM: Record<GapProblem['code'], number> = {
  not_supported: 409,
  no_api_key: 409,
  no_hook: 409,
  provider_refused: 502,
  provider_rate_limited: 503,
  provider_unreachable: 502
};

const REFUSALS = {
  409: {
    description: 'The source has no key of its provider, or not all of the options that it takes',
    schema: errorOut
  },
  502: { description: 'The provider could not be reached, or did not take the key', schema: errorOut },
  503: { description: 'The provider takes no more requests for now: the message says until when', schema: errorOut }
};

const refused = ({ code, message }: GapProblem) => problem(STATUS_OF_PROBLEM[code], code, message);

export const listGaps = operation({
  ...{ ...takesNothing, method: 'GET', path: '/sources/{id}/gaps', tag, permission: 'manage' },
  summary: 'List what the provider says it sent, and what of it arrived',
  description:
    "For github (deliveries of a hook) and stripe (events), newest first. One answer is of at most 300 lines of the provider's list; next_cursor reads on.",
  params: byIdOrSlug,
  query: gapsQuery,
  replies: { 200: { description: 'What was sent', schema: gapsOut }, ...REFUSALS },
  async handle({ parts, params, query }) {
    const source = await findSourceByKey(parts.database, params.id);
    if (source === null) return notFound(`source "${params.id}"`);
    const until = query.until ?? new Date().toISOString();
    const since = query.since ?? new Date(Date.parse(until) - DAY_MS).toISOString();
    if (since >= until) return invalid([`since is ${since}: a time before until (${until}) is needed.`]);
    const window = { since, until };
    const options = { window, cursor: query.cursor ?? null, onlyMissing: query.only === 'missing' };
    const look = await parts.gaps.look(source.id, options);
    return 'problem' in look ? refused(look.problem) : ok(look);
  }
});

export const fetchGaps = operation({
  ...{ ...takesNothing, method: 'POST', path: '/sources/{id}/gaps/fetch', tag, permission: 'manage' },
  summary: 'Have the provider send again, or fetch, what never arrived',
  description:
    'GitHub, and Stripe with the option webhook_endpoint, are asked to send again: asked. Else the event is fetched and stored as a message of origin imported, which handlers refuse: stored.',
  params: byIdOrSlug,
  body: gapsFetch,
  replies: { 200: { description: 'One result an id, in their order', schema: filledOut }, ...REFUSALS },
  async handle({ parts, params, body, audit }) {
    const source = await findSourceByKey(parts.database, params.id);
    if (source === null) return notFound(`source "${params.id}"`);
    const results = await parts.gaps.fill(source.id, body.ids);
    if ('problem' in results) return refused(results.problem);
    await audit(fillChange(source.slug, results));
    return ok({ data: results });
  }
});
