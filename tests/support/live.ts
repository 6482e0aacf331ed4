// Live over real sockets: a node:http server with the endpoint, and readers that take the stream apart.

import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { onTestFinished } from 'vitest';
import type { AccountState, DeliveryChange, MessageSummary } from '#lib/inbox/types.ts';
import { createLive, type Live } from '#lib/server/live/endpoint.ts';
import { createHub, type Hub } from '#lib/server/live/hub.ts';
import type { LiveLoaders } from '#lib/server/live/loaders.ts';
import type { LiveOptions } from '#lib/server/live/parts.ts';
import { until } from './until.ts';

export interface TestPrincipal {
  kind: 'user' | 'key';
  id: number;
  sessionId?: string;
  expiresAt?: Date;
}

export interface Received {
  names: string[];
  id: string | null;
  event: string;
  data: Record<string, unknown>;
}

let made = 0;

/** A message with an id of its own. */
export function summary(changes: Partial<MessageSummary> = {}): MessageSummary {
  made += 1;
  return {
    id: `019471a0-0000-7000-8000-${String(made).padStart(12, '0')}`,
    source: { id: 1, slug: 'stripe', name: 'Stripe', provider: 'stripe' },
    received_at: '2026-01-31T12:00:00.000Z',
    remote_ip: '127.0.0.1',
    method: 'POST',
    path: '',
    query: '',
    content_type: 'application/json',
    size: 2,
    event_id: null,
    event_type: null,
    verification: { status: 'valid', reason: null },
    duplicate_of: null,
    origin: 'received',
    status: 'pending',
    ...changes
  };
}

export function deliveryOf(message: MessageSummary, changes: Partial<DeliveryChange> = {}): DeliveryChange {
  return {
    id: message.id.replace('-7000-', '-7001-'),
    message_id: message.id,
    message_status: 'succeeded',
    destination: { id: 1, name: 'orders' },
    status: 'succeeded',
    attempt_count: 1,
    next_attempt_at: null,
    last_error: null,
    version: 2,
    ...changes
  };
}

export function account(changes: Partial<AccountState> = {}): AccountState {
  return { id: 1, name: 'Ada', currency: 'eur', balance: 0, version: 1, entries: [], ...changes };
}

/** A database that knows nothing, but for what a test says. */
export function noLoaders(changes: Partial<LiveLoaders> = {}): LiveLoaders {
  return {
    loadMessages: () => Promise.resolve([]),
    loadMessagesById: () => Promise.resolve([]),
    loadDeliveries: () => Promise.resolve([]),
    loadDeliveriesById: () => Promise.resolve([]),
    loadDeliveriesOfMessage: () => Promise.resolve([]),
    loadAccount: () => Promise.resolve(null),
    loadPullRequests: () => Promise.resolve([]),
    loadPullRequestsByKey: () => Promise.resolve([]),
    ...changes
  };
}

export interface TestLive {
  hub: Hub;
  live: Live;
  url: string;
  server: Server;
  errors: unknown[];
}

/** Serves live on a free port, until the test ends. */
export async function serveLive(changes: Partial<LiveOptions<TestPrincipal>> = {}): Promise<TestLive> {
  const hub = changes.hub ?? createHub();
  const errors: unknown[] = [];
  const live = createLive<TestPrincipal>({
    hub,
    loaders: noLoaders(),
    authorise: () => Promise.resolve({ principal: { kind: 'key', id: 1 }, stillValid: () => Promise.resolve(true) }),
    mayRead: () => Promise.resolve(true),
    sameOrigin: () => true,
    onError: (error) => errors.push(error),
    ...changes
  });
  const server = createServer((request, response) => void live.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await live.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { hub, live, server, errors, url: `http://127.0.0.1:${address.port}` };
}

export interface TestReader {
  status: number;
  headers: IncomingMessage['headers'];
  frames: Received[];
  /** All that came, as text. */
  text(): string;
  /** The last id that an EventSource would send. */
  lastId(): string | null;
  isEnded(): boolean;
  /** Frames of one event. */
  of(event: string): Received[];
  /** Waits for so many frames of an event. */
  arrive(event: string, count?: number): Promise<Received[]>;
  close(): void;
}

/** Opens a stream as curl would, and waits until it is ready (or refused). */
export async function read(
  url: string,
  query: string,
  { headers = {}, untilReady = true }: { headers?: Record<string, string>; untilReady?: boolean } = {}
): Promise<TestReader> {
  const request = httpRequest(`${url}/api/v1/live?${query}`, { headers, agent: false });
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request.on('response', resolve).on('error', reject).end()
  );
  const reader = createReader(response, () => request.destroy());
  onTestFinished(() => reader.close());
  if (response.statusCode === 200 && untilReady) await reader.arrive('ready');
  else if (response.statusCode !== 200) await until(reader.isEnded);
  return reader;
}

function createReader(response: IncomingMessage, close: () => void): TestReader {
  const frames: Received[] = [];
  let text = '';
  let rest = '';
  let lastId: string | null = null;
  let ended = false;
  response.setEncoding('utf8');
  response.on('error', () => {});
  response.on('close', () => (ended = true));
  response.on('data', (chunk: string) => {
    text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
      lastId = field('id') ?? lastId;
      const event = field('event');
      if (event === null) continue;
      const names = /^: for (.*)$/m.exec(block)?.[1]?.split(',') ?? [];
      frames.push({ names, id: field('id'), event, data: JSON.parse(field('data')!) as Record<string, unknown> });
    }
  });
  const of = (event: string) => frames.filter((frame) => frame.event === event);
  return {
    status: response.statusCode!,
    headers: response.headers,
    frames,
    text: () => text,
    lastId: () => lastId,
    isEnded: () => ended,
    of,
    async arrive(event, count = 1) {
      await until(() => of(event).length >= count, {
        failure: () => `${of(event).length} of ${count} frames "${event}" came:\n${text.slice(-2_000)}`
      });
      return of(event);
    },
    close
  };
}
