// GET and POST /api/v1/live: who may, what they want, and an open stream for it. Plain node:http, beside the door.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admitted, LivePrincipal } from './access.ts';
import { answerError, answerNothing, openEventStream, readSmallBody } from './http.ts';
import type { LiveOptions } from './parts.ts';
import { isRefused, MAX_SUBSCRIPTIONS, parseChange, parseOpening, type Change } from './requests.ts';
import { createStreams } from './streams.ts';
import type { Wish } from './subscription.ts';

export const LIVE_PATH = '/api/v1/live';

export interface Live {
  /** Answers LIVE_PATH and what is below it. Resolves when the request is answered, or its stream is open. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends all streams; new ones get 503. First thing on shutdown. */
  close(): Promise<void>;
  /** Open streams. */
  count(): number;
  /** Readers that were cut off because they did not keep up. */
  cutOff(): number;
}

export function createLive<P extends LivePrincipal>(options: LiveOptions<P>): Live {
  const streams = createStreams(options);

  async function open(request: IncomingMessage, response: ServerResponse, admitted: Admitted<P>): Promise<void> {
    const parameters = new URL(request.url ?? '', 'http://live').searchParams;
    const asked = parseOpening(parameters, request.headers['last-event-id']?.toString());
    if (isRefused(asked)) return answerError(response, 400, asked.problem);
    const forbidden = await firstForbidden(options, admitted.principal, asked.wishes);
    if (forbidden !== null) return answerError(response, 403, `You may not read "${forbidden}".`);
    if (streams.closing()) return answerError(response, 503, GOING_DOWN);
    // The reader may have left while this was being asked.
    if (response.destroyed) return;
    openEventStream(response);
    await streams.open(response, admitted, asked);
  }

  async function change(request: IncomingMessage, response: ServerResponse, admitted: Admitted<P>): Promise<void> {
    if (!options.sameOrigin(request)) return answerError(response, 403, 'This request came from another site.');
    const id = pathOf(request).slice(LIVE_PATH.length + 1);
    const body = await readSmallBody(request);
    if (body === null) return answerError(response, 413, 'The body has more than 64 KB.');
    const asked = parseChange(body);
    if (isRefused(asked)) return answerError(response, 400, asked.problem);
    const forbidden = await firstForbidden(options, admitted.principal, asked.subscribe);
    if (forbidden !== null) return answerError(response, 403, `You may not read "${forbidden}".`);
    // One answer for another's stream and for none: whose it is, is nobody's business.
    const stream = streams.find(id, admitted.principal);
    if (!stream) return answerError(response, 404, `There is no stream "${id}" on this node: open a new one.`);
    const problem = whyNot(stream.subscriptions(), asked);
    if (problem !== null) return answerError(response, 400, problem);
    stream.drop(asked.unsubscribe);
    if (asked.subscribe.length > 0) stream.open(asked.subscribe).catch(options.onError);
    answerNothing(response);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [method, act] = pathOf(request) === LIVE_PATH ? (['GET', open] as const) : (['POST', change] as const);
    if (request.method !== method) {
      return answerError(response.setHeader('allow', method), 405, `Only ${method} is taken here.`);
    }
    if (streams.closing()) return answerError(response, 503, GOING_DOWN);
    try {
      const admitted = await options.authorise(request);
      if (admitted) await act(request, response, admitted);
      else answerError(response, 401, 'Sign in, or send a key as "Authorization: Bearer …".');
    } catch (error) {
      options.onError(error);
      answerError(response, 503, 'The database did not answer: come back soon.');
    }
  }

  return { handle, close: streams.close, count: streams.count, cutOff: streams.cutOff };
}

const GOING_DOWN = 'The server is going down: come back soon.';

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?')[0] ?? '';
}

async function firstForbidden<P extends LivePrincipal>(
  { mayRead }: Pick<LiveOptions<P>, 'mayRead'>,
  principal: P,
  wishes: readonly Wish[]
): Promise<string | null> {
  for (const topic of new Set(wishes.map((wish) => wish.topic))) {
    if (!(await mayRead(principal, topic))) return topic;
  }
  return null;
}

function whyNot(present: readonly { name: string }[], change: Change): string | null {
  const kept = present.filter(({ name }) => !change.unsubscribe.includes(name));
  const names = [...kept, ...change.subscribe].map(({ name }) => name);
  if (names.length > MAX_SUBSCRIPTIONS) return `A stream takes ${MAX_SUBSCRIPTIONS} subscriptions at most.`;
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? null : `"${twice}" is subscribed already: unsubscribe it first, or take another name.`;
}
