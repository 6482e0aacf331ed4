// Stripe as far as one endpoint goes: it sends signed events, lists them, gives one, and sends one again when asked.

import { deliver, jsonAnswer, startProviderServer, type ProviderServer } from './provider-server.ts';
import { signedByStripe } from './signing.ts';
import type { StripeEventBody } from './stripe-events.ts';

export interface StripeApi extends ProviderServer {
  key: string;
  /** The id of the endpoint. */
  endpoint: string;
  /** Has an event happen, and sends it if the endpoint takes its type. */
  send(event: StripeEventBody): Promise<void>;
  /** An event that nobody is sent. */
  list(event: StripeEventBody): void;
}

export interface StripeApiOptions {
  endpointUrl: string;
  secret: string;
  enabledEvents?: string[];
  /** A restricted key that may not read endpoints. */
  mayReadEndpoints?: boolean;
  pageSize?: number;
}

type Sent = StripeEventBody & { pending_webhooks: number };

const problem = (status: number, message: string) => jsonAnswer({ error: { message, type: 'x' } }, status);

export async function startStripeApi(options: StripeApiOptions): Promise<StripeApi> {
  const { endpointUrl, secret, enabledEvents = ['*'], mayReadEndpoints = true, pageSize = 100 } = options;
  const [key, endpoint] = ['rk_test_for_tests', 'we_1ForTests'];
  // Newest first.
  const events: Sent[] = [];
  const takes = (type: string) => enabledEvents.includes('*') || enabledEvents.includes(type);

  async function post(event: Sent): Promise<void> {
    const { pending_webhooks: _, ...body } = event;
    const status = await deliver(endpointUrl, signedByStripe(body, secret));
    event.pending_webhooks = status >= 200 && status < 300 ? 0 : 1;
  }

  function page({ searchParams }: URL) {
    const types = [...searchParams].filter(([name]) => name.startsWith('types[')).map(([, type]) => type);
    const since = Number(searchParams.get('created[gte]') ?? 0);
    const until = Number(searchParams.get('created[lt]') ?? Infinity);
    const found = events.filter(
      ({ type, created }) => created >= since && created < until && (types.length === 0 || types.includes(type))
    );
    const after = searchParams.get('starting_after');
    const from = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
    const size = Math.min(Number(searchParams.get('limit') ?? 10), 100, pageSize);
    const data = found.slice(from, from + size);
    return jsonAnswer({ object: 'list', url: '/v1/events', has_more: from + size < found.length, data });
  }

  async function ofEvent(method: string, path: string, form: URLSearchParams) {
    const [, id, isRetry] = /^\/v1\/events\/(\w+)(\/retry)?$/.exec(path) ?? [];
    const event = events.find((one) => one.id === id);
    if (!event) return problem(404, `No such event: '${id}'`);
    if (!isRetry && method === 'GET') return jsonAnswer(event);
    if (form.get('webhook_endpoint') !== endpoint) return problem(404, 'No such webhook endpoint');
    server.later(() => post(event));
    return jsonAnswer(event);
  }

  function ofEndpoint(path: string) {
    if (!mayReadEndpoints) return problem(403, 'The provided key does not have the required permissions.');
    if (path !== `/v1/webhook_endpoints/${endpoint}`) return problem(404, 'No such webhook endpoint');
    return jsonAnswer({ id: endpoint, object: 'webhook_endpoint', enabled_events: enabledEvents, status: 'enabled' });
  }

  const server = await startProviderServer({
    key,
    wrongKey: problem(401, 'Invalid API Key provided: rk_test_****'),
    answer({ method, url, form }) {
      if (url.pathname === '/v1/events') return page(url);
      return url.pathname.startsWith('/v1/events/') ? ofEvent(method, url.pathname, form) : ofEndpoint(url.pathname);
    }
  });
  const list = (event: StripeEventBody): Sent => {
    const sent = { ...event, pending_webhooks: 0 };
    events.unshift(sent);
    return sent;
  };
  return Object.assign(server, {
    ...{ key, endpoint, list },
    async send(event: StripeEventBody) {
      const sent = list(event);
      if (takes(event.type)) await post(sent);
    }
  });
}
