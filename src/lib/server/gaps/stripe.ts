// What Stripe says happened: its events API. With the option webhook_endpoint Stripe is asked to send an event again, as
// `stripe events resend` does; it then comes through the door, signed. Without it the event is fetched and stored as
// imported.

import type { Dispatcher } from 'undici';
import * as v from 'valibot';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { ask, type ProviderApi } from './provider-api.ts';
import { endpointEvents, typeQuery, type EndpointEvents } from './stripe-endpoint.ts';
import {
  problem,
  textOption,
  type Filled,
  type OrProblem,
  type Sent,
  type SentList,
  type SentPage,
  type Window
} from './types.ts';

const BASE_URL = 'https://api.stripe.com';
const PAGE_SIZE = 100;

const event = v.looseObject({
  id: v.string(),
  type: v.string(),
  created: v.number(),
  pending_webhooks: v.optional(v.number(), 0)
});
const eventPage = v.looseObject({ data: v.array(event), has_more: v.boolean() });

type StripeEvent = v.InferOutput<typeof event>;

export interface StripeParts {
  dispatcher: Dispatcher;
  clock: () => number;
  /** Stores what Stripe's API gave for an event, byte for byte, unless it is there already. */
  importEvent(source: RoutedSource, eventId: string, body: string): Promise<OrProblem<Filled>>;
}

/** What the requests for one source have in common. */
interface Account extends StripeParts {
  source: RoutedSource;
  api: ProviderApi;
  /** null: Stripe is not asked to send; what is missing is fetched. */
  endpoint: string | null;
}

/** Stripe's list for a source. */
export function stripeList(parts: StripeParts, source: RoutedSource, { key }: { key: string }): SentList {
  const endpoint = textOption(source, 'webhook_endpoint');
  const account: Account = { ...parts, source, endpoint, api: stripeApi(source, key, parts.clock) };
  let asked: Promise<OrProblem<EndpointEvents>> | null = null;
  const events = () => (asked ??= endpointEvents(parts.dispatcher, account.api, endpoint));
  return {
    async page(window, cursor) {
      const wanted = await events();
      return 'problem' in wanted ? wanted : page(account, wanted, { window, cursor });
    },
    async fill(id) {
      if (!/^evt_\w{1,250}$/.test(id))
        return problem('provider_refused', `"${id}" is not the id of an event of Stripe.`);
      return endpoint === null ? fetchEvent(account, id) : resend(account, endpoint, id);
    },
    async notes() {
      const wanted = await events();
      return 'problem' in wanted ? wanted : ['Stripe lists the events of the last 30 days.', ...wanted.notes];
    }
  };
}

function stripeApi(source: RoutedSource, key: string, clock: () => number): ProviderApi {
  return {
    ...{ name: 'Stripe', baseUrl: textOption(source, 'api_base_url') ?? BASE_URL, clock },
    headers: { authorization: `Bearer ${key}` },
    refusals: {
      key: 'The key was rolled, has expired or was not pasted whole: make another and store it as the secret "stripe-api-key".',
      access:
        'The key may not do this, or it is of another account or mode than what sends to this source: it needs to read ' +
        'events, and to read and write webhook endpoints where webhook_endpoint is set.'
    }
  };
}

async function page(
  { dispatcher, api }: Account,
  wanted: EndpointEvents,
  { window, cursor }: { window: Window; cursor: string | null }
): Promise<OrProblem<SentPage>> {
  const query = typeQuery(wanted.types);
  query.set('limit', String(PAGE_SIZE));
  query.set('created[gte]', seconds(window.since));
  query.set('created[lt]', seconds(window.until));
  if (cursor !== null) query.set('starting_after', cursor);
  const answer = await ask(dispatcher, api, { path: `/v1/events?${query.toString()}` });
  if ('problem' in answer) return answer;
  const found = parsed(eventPage, answer.text);
  if (found === null) return problem('provider_unreachable', unreadable(api));
  const last = found.data.at(-1);
  return {
    sent: found.data.filter(({ type }) => wanted.takes(type)).map(sentOf),
    ...{ count: found.data.length, backTo: last === undefined ? null : timeOf(last) },
    next: found.has_more && last !== undefined ? last.id : null
  };
}

/** Not in Stripe's reference: what its command line does for `stripe events resend`. */
async function resend({ dispatcher, api }: Account, endpoint: string, id: string): Promise<OrProblem<Filled>> {
  const form = new URLSearchParams({ webhook_endpoint: endpoint });
  const answer = await ask(dispatcher, api, { method: 'POST', path: `/v1/events/${id}/retry`, form });
  if ('problem' in answer) return answer;
  const message = 'Stripe was asked to send it again. It comes through the door, signed, within a minute.';
  return { outcome: 'asked', message, message_id: null };
}

async function fetchEvent({ dispatcher, api, source, importEvent }: Account, id: string): Promise<OrProblem<Filled>> {
  const answer = await ask(dispatcher, api, { path: `/v1/events/${id}` });
  if ('problem' in answer) return answer;
  if (parsed(event, answer.text)?.id !== id) return problem('provider_unreachable', unreadable(api));
  return importEvent(source, id, answer.text);
}

const unreadable = ({ baseUrl }: ProviderApi) =>
  `What ${baseUrl} answered is not what Stripe's API says of events: check the option api_base_url.`;

/** @returns null when the text is something else */
function parsed<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> | null {
  try {
    const read = v.safeParse(schema, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

/** Stripe counts in whole seconds: up to the next one, so that nothing of the last second is left out. */
const seconds = (time: string): string => String(Math.ceil(Date.parse(time) / 1000));
const timeOf = ({ created }: StripeEvent): string => new Date(created * 1000).toISOString();

function sentOf(one: StripeEvent): Sent {
  const open = one.pending_webhooks;
  const text =
    open === 0 ? 'no endpoint waits for it' : `${open} ${open === 1 ? 'endpoint has' : 'endpoints have'} not taken it`;
  return {
    ...{ id: one.id, event_id: one.id, event_type: one.type, sent_at: timeOf(one) },
    provider: { ok: open === 0, status_code: null, text }
  };
}
