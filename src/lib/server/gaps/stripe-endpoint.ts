// Which types of events Stripe sends to the endpoint: the others never arrive, and that is no gap.

import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import { ask, type ProviderApi } from './provider-api.ts';
import { problem, type OrProblem } from './types.ts';

/** Stripe's own limit to the parameter `types`. */
const MAX_TYPES = 20;

const endpointAnswer = v.looseObject({ enabled_events: v.array(v.string()), status: v.string() });

export interface EndpointEvents {
  /** What Stripe can be asked for; null: for all. */
  types: readonly string[] | null;
  takes(type: string): boolean;
  notes: string[];
}

/** Asks Stripe which types the endpoint takes. Without an endpoint, or with a key that may not ask: all of them. */
export async function endpointEvents(
  dispatcher: Dispatcher,
  api: ProviderApi,
  endpoint: string | null
): Promise<OrProblem<EndpointEvents>> {
  if (endpoint === null) return everything('all types are listed, also those that no endpoint takes');
  const answer = await ask(dispatcher, api, { path: `/v1/webhook_endpoints/${endpoint}` });
  if ('problem' in answer) {
    if (!/ answered 403/.test(answer.problem.message)) return answer;
    return everything(
      'the key may not read webhook endpoints, so all types are listed, also those that it does not take'
    );
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), endpointAnswer), answer.text);
  if (!parsed.success) {
    return problem(
      'provider_unreachable',
      `What ${api.baseUrl} answered is not an endpoint of Stripe: check api_base_url.`
    );
  }
  return eventsOf(endpoint, parsed.output);
}

const everything = (why: string): EndpointEvents => ({
  ...{ types: null, takes: () => true },
  notes: [`${why.charAt(0).toUpperCase()}${why.slice(1)}.`]
});

function eventsOf(endpoint: string, { enabled_events: enabled, status }: v.InferOutput<typeof endpointAnswer>) {
  const takesAll = enabled.includes('*');
  const isShort = enabled.length <= MAX_TYPES && enabled.every((type) => !type.includes('*'));
  const known = new Set(enabled);
  return {
    types: takesAll || !isShort ? null : enabled,
    takes: (type: string) => takesAll || known.has(type),
    notes: status === 'enabled' ? [] : [`The endpoint ${endpoint} is ${status} at Stripe: enable it there first.`]
  };
}

/** The part of a query that asks for these types only. */
export function typeQuery(types: readonly string[] | null): URLSearchParams {
  const query = new URLSearchParams();
  types?.forEach((type, at) => query.set(`types[${at}]`, type));
  return query;
}
