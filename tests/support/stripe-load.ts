// Load for faults: signed Stripe payments of one unit each, every one its own event, from several connections at once;
// and what must then be true of the database.

import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Sql } from '#lib/server/database/connect.ts';
import type { Holdfast } from './holdfast.ts';
import { signedByStripe } from './signing.ts';
import { stripePayment } from './stripe-events.ts';
import { until } from './until.ts';

const SECRET = 'whsec_load';
const PATIENCE_MS = 60_000;
/** A message waits up to 5 s for others, and then up to 10 s to be written. */
const ANSWER_WITHIN_MS = 17_000;
const REFUSED_PAUSE_MS = 20;

/** One post, over. */
export interface Post {
  eventId: string;
  /** null: the connection broke before there was an answer. */
  status: number | null;
  /** The message's, when it was answered 200. */
  messageId: string | null;
  retryAfter: string | null;
  durationMs: number;
}

export interface Target {
  slug: string;
  accountId: number;
}

export interface Load {
  posts: readonly Post[];
  /** Ends after the posts that are under way. */
  stop(): Promise<void>;
}

/** Makes a Stripe source and an account for the load. */
export async function prepareTarget({ api }: Pick<Holdfast, 'api'>): Promise<Target> {
  const source = await api('/sources', { method: 'POST', body: { provider: 'stripe', secrets: SECRET } });
  const account = await api('/accounts', { method: 'POST', body: { name: 'Load', currency: 'usd' } });
  expect([source.status, account.status]).toEqual([201, 201]);
  return { slug: (source.body as { slug: string }).slug, accountId: (account.body as { id: number }).id };
}

/** A signed payment of one unit. */
export function paymentOf({ accountId }: Target) {
  const event = stripePayment({ accountId, amount: 1 }).succeeded();
  return { eventId: event.id, ...signedByStripe(event, SECRET) };
}

/** Posts on each connection, one after the other, until it is stopped. */
export function startLoad(url: string, target: Target, { connections = 8, pauseMs = 0 } = {}): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const posts: Post[] = [];
  let stopped = false;
  async function run(): Promise<void> {
    while (!stopped) {
      const post = await postOnce(agent, url, target);
      posts.push(post);
      // Refusals come fast: leave the machine to what is to come back.
      const pause = post.status === 200 ? pauseMs : REFUSED_PAUSE_MS;
      if (pause > 0) await delay(pause);
    }
  }
  const running = Promise.all(Array.from({ length: connections }, run));
  return {
    posts,
    async stop() {
      stopped = true;
      await running;
      agent.destroy();
    }
  };
}

function postOnce(agent: Agent, url: string, target: Target): Promise<Post> {
  const { eventId, body, headers } = paymentOf(target);
  const started = performance.now();
  return new Promise((resolve) => {
    const over = (answer: Pick<Post, 'status' | 'messageId' | 'retryAfter'>): void =>
      resolve({ eventId, ...answer, durationMs: performance.now() - started });
    const broken = (): void => over({ status: null, messageId: null, retryAfter: null });
    const posting = request(`${url}/in/${target.slug}`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', broken);
      response.on('end', () => {
        const status = response.statusCode ?? null;
        const messageId = status === 200 ? (JSON.parse(text) as { id: string }).id : null;
        over({ status, messageId, retryAfter: response.headers['retry-after'] ?? null });
      });
    });
    posting.on('error', broken);
    posting.end(body);
  });
}

/** Posts with this status; null: those that got no answer. */
export const answered = (posts: readonly Post[], status: number | null): Post[] =>
  posts.filter((post) => post.status === status);

/** Every post was answered, in time, with 200 or with 503 and when to come again. */
export function expectOnlyTakenOrBusy(posts: readonly Post[]): void {
  expect([...new Set(posts.map((post) => post.status))].filter((status) => status !== 200 && status !== 503)).toEqual(
    []
  );
  expect(answered(posts, 503).filter((post) => !Number.isInteger(Number(post.retryAfter ?? 'none')))).toEqual([]);
  expect(Math.max(...posts.map((post) => post.durationMs)), 'the slowest answer, ms').toBeLessThan(ANSWER_WITHIN_MS);
}

/**
 * Waits until nothing is to be delivered any more, then holds the database against the posts: what was answered 200 is
 * there once, nothing else is but posts whose answer was lost, and each has moved the balance once.
 */
export async function expectNothingLost(sql: Sql, target: Target, posts: readonly Post[]): Promise<void> {
  const count = async (): Promise<number> => (await sql`select 1 from delivery_queue limit 1`).length;
  await until(async () => (await count()) === 0, {
    patienceMs: PATIENCE_MS,
    failure: async () => `Still to be delivered: ${JSON.stringify(await sql`select * from delivery_queue limit 5`)}`
  });
  const logged = await sql<{ id: string; event: string }[]>`select id, event_id as event from messages`;
  const eventOf = new Map(logged.map(({ id, event }) => [id, event]));
  const missing = answered(posts, 200).filter((post) => eventOf.get(post.messageId ?? '') !== post.eventId);
  expect(missing, 'answered 200 and not in the log').toEqual([]);
  const sent = new Set(posts.map((post) => post.eventId));
  expect(
    logged.filter(({ event }) => !sent.has(event)),
    'in the log and never sent'
  ).toEqual([]);
  expect(new Set(logged.map(({ event }) => event)).size, 'events in the log').toBe(logged.length);
  await expectAppliedOnce(sql, target, logged.length);
}

async function expectAppliedOnce(sql: Sql, { accountId }: Target, messages: number): Promise<void> {
  const [found] = await sql`
    select (select count(*)::int from delivery_results) as deliveries,
           (select count(*)::int from delivery_results where status = 'succeeded') as succeeded,
           (select count(distinct message_id)::int from delivery_results) as delivered,
           (select count(*)::int from attempts where outcome = 'applied') as applied,
           (select count(*)::int from ledger_entries where account_id = ${accountId}) as lines,
           (select count(distinct event_id)::int from ledger_entries where account_id = ${accountId}) as events,
           (select sum(amount)::int from ledger_entries where account_id = ${accountId}) as total,
           (select balance::int from accounts where id = ${accountId}) as balance`;
  expect(found).toEqual({
    ...{ deliveries: messages, succeeded: messages, delivered: messages, applied: messages },
    ...{ lines: messages, events: messages, total: messages, balance: messages }
  });
}
