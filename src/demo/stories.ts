// What happens in the demo: payments that move balances, pull requests that wait for a review, and what goes wrong.

import { randomInt, randomUUID } from 'node:crypto';
import type { Sender } from './senders.ts';

export interface Account {
  id: number;
  currency: string;
}

const shortId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

interface Payment {
  intent: string;
  charge: string;
  amount: number;
  currency: string;
}

function event(type: string, object: object) {
  return { id: shortId('evt'), object: 'event', type, created: nowSeconds(), livemode: false, data: { object } };
}

function succeeded({ intent, charge, amount, currency }: Payment, accountId: number) {
  return event('payment_intent.succeeded', {
    ...{ id: intent, object: 'payment_intent', amount, amount_received: amount, currency, latest_charge: charge },
    metadata: { account_id: String(accountId) }
  });
}

/** Stripe, as the demo's customers use it. */
export function stripeStory(sender: Sender, accounts: readonly [Account, ...Account[]]) {
  const paid: Payment[] = [];

  async function pay({ id, currency }: Account, accountId = id): Promise<object> {
    const payment = { intent: shortId('pi'), charge: shortId('ch'), amount: randomInt(500, 20_000), currency };
    const sent = succeeded(payment, accountId);
    await sender.send(sent);
    if (accountId === id) paid.push(payment);
    return sent;
  }

  return {
    pay: () => pay(accounts[randomInt(accounts.length)] ?? accounts[0]),
    /** What was paid first comes back in part. Nothing has been paid: nothing happens. */
    async refund(): Promise<void> {
      const payment = paid.shift();
      if (!payment) return;
      const { intent, charge, amount, currency } = payment;
      const refunded = { amount, currency, payment_intent: intent, amount_refunded: Math.ceil(amount / 4) };
      await sender.send(event('charge.refunded', { id: charge, object: 'charge', ...refunded }));
    },
    /** For an account that there is not: the delivery fails, and says so. */
    payNobody: () => pay(accounts[0], 999_999),
    /** Sent twice, as Stripe does when an answer is lost: the second is a duplicate. */
    async payTwice(): Promise<void> {
      await sender.send(await pay(accounts[0]));
    },
    /** Signed with another secret: logged as invalid, and moves nothing. */
    forge: () => sender.send(event('payment_intent.succeeded', { id: shortId('pi') }), { forged: true })
  };
}

const TITLES = [
  'Retry with jitter',
  'Say why a message is invalid',
  'Keep headers in order',
  'Count what awaits review'
];

/** Pull requests of one repository: one is opened, or the oldest one is merged. */
export function githubStory(sender: Sender) {
  const repository = {
    ...{ id: 1, name: 'orders', full_name: 'acme/orders', html_url: 'https://github.com/acme/orders' },
    owner: { id: 1, login: 'acme' }
  };
  const open: { number: number; title: string }[] = [];
  let next = randomInt(100, 900);

  function send(action: string, { number, title }: { number: number; title: string }, state: object): Promise<void> {
    const at = new Date().toISOString();
    const pull = {
      ...{ id: number, number, title, draft: false, requested_reviewers: [], created_at: at, updated_at: at },
      ...{ html_url: `${repository.html_url}/pull/${number}`, user: { id: 2, login: 'ada' }, ...state }
    };
    const body = { action, number, pull_request: pull, repository, sender: { id: 2, login: 'ada' } };
    return sender.send(body, { type: `pull_request.${action}` });
  }

  return {
    async open(): Promise<void> {
      const pull = { number: next++, title: TITLES[randomInt(TITLES.length)] ?? '' };
      open.push(pull);
      await send('opened', pull, { state: 'open', merged: false });
    },
    async merge(): Promise<void> {
      const pull = open.shift();
      if (pull) await send('closed', pull, { state: 'closed', merged: true });
    }
  };
}
