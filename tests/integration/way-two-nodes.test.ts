// Two processes on one database: what one takes in, the other shows; what one is told, the other goes by; one event
// that reaches both is applied once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, accountOf, allMessages, make, post } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_of_two_nodes';
const database = await testDatabase();
let one: Holdfast;
let other: Holdfast;

beforeAll(async () => {
  const options = { databaseUrl: database.url, env: { API_KEY: 'key_of_both_nodes' } };
  one = await startHoldfast(options);
  other = await startHoldfast(options);
});

afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
});

/** The text of a live stream, as it comes. */
async function listen(holdfast: Holdfast, topics: string) {
  const leaving = new AbortController();
  const { signal } = leaving;
  const headers = { authorization: `Bearer ${holdfast.apiKey}` };
  const response = await fetch(`${holdfast.url}/api/v1/live?topics=${topics}`, { headers, signal });
  let text = '';
  const reading = (async () => {
    for await (const part of response.body ?? []) text += Buffer.from(part).toString();
  })().catch(() => {});
  await until(() => text.includes('event: ready'));
  return {
    text: () => text,
    async leave() {
      leaving.abort();
      await reading;
    }
  };
}

test('a source made on one node works on the other at once, and a rotated secret too', async () => {
  const source = await make(one, '/sources', { slug: 'fresh', provider: 'stripe', secrets: ['whsec_first'] });
  await accepted(other, 'fresh', signedByStripe(stripePayment({ accountId: 1 }).succeeded(), 'whsec_first'));
  await make(one, `/sources/${source.id}/secrets`, { value: 'whsec_second' });
  await accepted(other, 'fresh', signedByStripe(stripePayment({ accountId: 1 }).succeeded(), 'whsec_second'));
});

test('a message posted to one is live on the other, with its delivery and the balance', async () => {
  const account = await make(one, '/accounts', { name: 'Ada', currency: 'usd' });
  await make(one, '/sources', { slug: 'live', provider: 'stripe', secrets: [SECRET] });
  const stream = await listen(other, `inbox,account:${account.id}`);
  const payment = stripePayment({ accountId: account.id, amount: 1999 }).succeeded();
  const id = await accepted(one, 'live', signedByStripe(payment, SECRET));
  const failure = () => `The other node's stream had:\n${stream.text()}`;
  await until(() => stream.text().includes('"balance":1999'), { patienceMs: 5000, failure });
  expect(stream.text()).toMatch(new RegExp(`event: message\\ndata: {"id":"${id}"`));
  await until(() => stream.text().includes('"message_status":"succeeded"'), { patienceMs: 5000, failure });
  await stream.leave();
});

test('many events, each posted to both at once and in opposite orders: one line each, no deadlock', async () => {
  const account = await make(one, '/accounts', { name: 'Grace', currency: 'usd' });
  await make(one, '/sources', { slug: 'both', provider: 'stripe', secrets: [SECRET] });
  const bodies = Array.from({ length: 100 }, () =>
    signedByStripe(stripePayment({ accountId: account.id, amount: 7 }).succeeded(), SECRET)
  );
  const sent = [
    ...bodies.map((body) => post(one, 'both', body)),
    ...bodies.toReversed().map((body) => post(other, 'both', body))
  ];
  const answers = await Promise.all(sent);
  expect(answers.map((answer) => answer.status).filter((status) => status !== 200)).toEqual([]);
  await until(async () => (await accountOf(one, account.id)).balance === 700);
  const state = await accountOf(other, account.id);
  expect(state).toMatchObject({ balance: 700 });
  expect(state.entries).toHaveLength(100);
  const messages = await allMessages(other, 'source=both');
  expect(messages).toHaveLength(200);
  expect(messages.filter((message) => message.duplicate_of === null)).toHaveLength(100);
});

test('a node that stands still past its leases is fenced off: the other finishes, nothing is applied twice', async () => {
  const account = await make(one, '/accounts', { name: 'Edsger', currency: 'usd' });
  await make(one, '/sources', { slug: 'still', provider: 'stripe', secrets: [SECRET] });
  const bodies = Array.from({ length: 200 }, () =>
    signedByStripe(stripePayment({ accountId: account.id, amount: 1 }).succeeded(), SECRET)
  );
  const sending = Promise.allSettled(bodies.map((body) => post(one, 'still', body)));
  await until(async () => (await accountOf(other, account.id)).balance > 0);
  await one.kill('SIGSTOP');
  // It may stand in a transaction that holds the account: the database ends that first, then the lease ends.
  // What it had answered or committed by then, and only that: the rest is still in its sockets.
  const committed = async () => {
    const [row] = await database.web<{ messages: number }[]>`
      select count(*) as messages from messages m join sources s on s.id = m.source_id where s.slug = 'still'`;
    return row?.messages ?? 0;
  };
  await until(async () => (await accountOf(other, account.id)).balance === (await committed()), { patienceMs: 30_000 });
  await one.kill('SIGCONT');
  // What waited for its batch past the deadline was answered 503: the sender sends it again.
  const answers = await sending;
  const refused = bodies.filter((_, index) => {
    const answer = answers[index];
    return answer?.status !== 'fulfilled' || answer.value.status !== 200;
  });
  for (const body of refused) await until(async () => (await post(one, 'still', body)).status === 200);
  await until(async () => (await accountOf(other, account.id)).balance === 200, { patienceMs: 15_000 });
  const [tries] = await database.web<{ lines: number; attempts: number }[]>`
    select (select count(*) from ledger_entries where account_id = ${account.id}) as lines,
           (select count(*) from attempts a join delivery_results r on r.id = a.delivery_id
              join sources s on s.id = r.source_id where s.slug = 'still' and a.outcome = 'applied') as attempts`;
  expect(tries).toEqual({ lines: 200, attempts: 200 });
}, 90_000);
