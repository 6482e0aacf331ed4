// Fills a Holdfast with what there is to see: sources of several providers, messages that are right and wrong, balances
// and a board that move. Everything goes through the door and the API, as it would from outside.

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectDestination, listOf } from './receiver.ts';
import { createSender, type Sender } from './senders.ts';
import { call, type Server } from './server.ts';
import { githubStory, stripeStory, type Account } from './stories.ts';

const NAMES: Readonly<Record<string, string>> = {
  stripe: 'Stripe',
  github: 'GitHub acme/orders',
  shopify: 'Shopify shop',
  gitlab: 'GitLab',
  slack: 'Slack',
  'standard-webhooks': 'Orders API'
};
const PAYMENTS = 12;
const PULL_REQUESTS = 4;

export interface Story {
  /** One more thing happens. */
  step(): Promise<void>;
}

/**
 * Makes what the story needs, and its first messages. A second run goes on with what the first one made.
 * @param receiverUrl where messages go on to: `/` works, `/broken` does not
 */
export async function fill(server: Server, receiverUrl: string): Promise<Story> {
  const accounts = [
    await accountOf(server, 'Ada Lovelace', 'usd'),
    await accountOf(server, 'Grace Hopper', 'eur')
  ] as const;
  const senders = new Map<string, Sender>();
  for (const [slug, name] of Object.entries(NAMES)) senders.set(slug, await createSender(server, slug, name));
  await connectDestination(server, { name: 'Bookkeeping', url: receiverUrl, sources: ['stripe', 'standard-webhooks'] });
  await connectDestination(server, { name: 'Warehouse', url: `${receiverUrl}/broken`, sources: ['shopify'] });
  const stripe = stripeStory(senderOf(senders, 'stripe'), [...accounts]);
  const github = githubStory(senderOf(senders, 'github'));

  for (let payment = 0; payment < PAYMENTS; payment++) await stripe.pay();
  await stripe.refund();
  await stripe.payTwice();
  await stripe.payNobody();
  await stripe.forge();
  for (let pull = 0; pull < PULL_REQUESTS; pull++) await github.open();
  await github.merge();
  for (const slug of ['shopify', 'gitlab', 'slack', 'standard-webhooks']) await senderOf(senders, slug).sample();

  const steps = [
    ...Array.from({ length: 8 }, () => stripe.pay),
    ...[stripe.refund, stripe.refund, stripe.payTwice, stripe.forge, github.open, github.merge],
    ...['shopify', 'standard-webhooks'].map((slug) => senderOf(senders, slug).sample)
  ];
  return {
    async step() {
      await steps[randomInt(steps.length)]?.();
    }
  };
}

function senderOf(senders: ReadonlyMap<string, Sender>, slug: string): Sender {
  const sender = senders.get(slug);
  if (!sender) throw new Error(`There is no sender ${slug}.`);
  return sender;
}

async function accountOf(server: Server, name: string, currency: string): Promise<Account> {
  const known = (await listOf(server, '/accounts')).find((account) => account['name'] === name);
  const { id } = known ?? (await call(server, 'POST /accounts', { body: { name, currency } }));
  return { id: Number(id), currency };
}

/** Waits until it answers that it is ready. @throws when it does not within the time */
export async function untilReady({ url }: Server, withinMs: number): Promise<void> {
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(200)) {
    const isReady = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false
    );
    if (isReady) return;
  }
  throw new Error(`Holdfast at ${url} was not ready within ${withinMs / 1000} s.`);
}
