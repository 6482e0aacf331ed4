// Whatever happens to payments at Stripe, in whatever order we hear of it: the balance is what Stripe's own would be.

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, accountOf, make, messageOf, post, settledMessages } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripeId, stripePayment, type StripeEventBody } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

/** Two endpoints of one Stripe account: each has its secret, both get every event. */
const ENDPOINTS = { 'endpoint-a': 'whsec_of_endpoint_a', 'endpoint-b': 'whsec_of_endpoint_b' };
for (const [slug, secret] of Object.entries(ENDPOINTS)) {
  await make(holdfast, '/sources', { slug, provider: 'stripe', secrets: [secret] });
}
const account = () => make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });

const deliver = (event: StripeEventBody, slug: keyof typeof ENDPOINTS = 'endpoint-a') =>
  accepted(holdfast, slug, signedByStripe(event, ENDPOINTS[slug]));

async function settled(): Promise<void> {
  for (const slug of Object.keys(ENDPOINTS)) await settledMessages(holdfast, slug);
}

/** The account, checked against its own lines. */
async function booked(id: number) {
  const state = await accountOf(holdfast, id);
  expect(state.entries.reduce((sum, entry) => sum + entry.amount, 0)).toBe(state.balance);
  return { balance: state.balance, amounts: state.entries.map((entry) => entry.amount).toReversed() };
}

test('refunds in parts after their payment', async () => {
  const { id } = await account();
  const payment = stripePayment({ accountId: id, amount: 1000 });
  await deliver(payment.succeeded({ created: 1_700_000_000 }));
  await deliver(payment.refunded(300, { created: 1_700_000_001 }));
  await deliver(payment.refunded(1000, { created: 1_700_000_002 }));
  await settled();
  expect(await booked(id)).toMatchObject({ balance: 0 });
});

test('refunds in parts before their payment wait for it, and then are booked at once', async () => {
  const { id } = await account();
  const payment = stripePayment({ accountId: id, amount: 1000 });
  const early = [
    await deliver(payment.refunded(1000, { created: 1_700_000_002 })),
    await deliver(payment.refunded(300, { created: 1_700_000_001 }))
  ];
  const waiting = async () =>
    (await Promise.all(early.map((one) => messageOf(holdfast, one)))).map((m) => m.deliveries[0]);
  await until(async () => (await waiting()).every((delivery) => (delivery?.attempt_count ?? 0) > 0));
  for (const delivery of await waiting()) {
    expect(delivery).toMatchObject({
      status: 'pending',
      last_error: expect.stringContaining(payment.payment) as string
    });
  }
  expect(await booked(id)).toEqual({ balance: 0, amounts: [] });
  await deliver(payment.succeeded({ created: 1_700_000_000 }));
  await settled();
  expect(await booked(id)).toMatchObject({ balance: 0 });
});

test('a dispute that is lost, one that is won, and a refund that came back', async () => {
  const { id } = await account();
  const [lost, won, back] = [1000, 2000, 4000].map((amount) => stripePayment({ accountId: id, amount })) as [
    ReturnType<typeof stripePayment>,
    ReturnType<typeof stripePayment>,
    ReturnType<typeof stripePayment>
  ];
  for (const payment of [lost, won, back]) await deliver(payment.succeeded());
  await deliver(lost.dispute('withdrawn', { id: 'dp_lost', amount: 1000 }));
  await deliver(won.dispute('withdrawn', { id: 'dp_won', amount: 2000 }));
  await deliver(won.dispute('reinstated', { id: 'dp_won', amount: 2000 }));
  await deliver(back.refunded(4000, { created: 1_700_000_010 }));
  await deliver(back.refundFailed({ id: 're_back', amount: 4000 }, { created: 1_700_000_020 }));
  await settled();
  expect(await booked(id)).toMatchObject({ balance: 0 + 2000 + 4000 });
});

test('two endpoints of one Stripe account, and other events of the same fact, count once', async () => {
  const { id } = await account();
  const payment = stripePayment({ accountId: id, amount: 1000 });
  const facts = [
    payment.succeeded({ created: 1_700_000_000 }),
    payment.refunded(400, { created: 1_700_000_001 }),
    payment.dispute('withdrawn', { id: 'dp_twice', amount: 100 }, { created: 1_700_000_002 })
  ];
  // As an endpoint of another API version sends it: an event of its own about the same fact.
  const retold = facts.map((event) => ({ ...event, id: stripeId('evt') }));
  await Promise.all(
    [...facts, ...retold].flatMap((event) => [deliver(event, 'endpoint-a'), deliver(event, 'endpoint-b')])
  );
  await settled();
  expect(await booked(id)).toMatchObject({ balance: 500 });
  expect((await booked(id)).amounts.toSorted((a, b) => a - b)).toEqual([-400, -100, 1000]);
});

test('a rotated secret signs, a wrong one does not', async () => {
  const { id } = await account();
  await make(holdfast, '/sources/endpoint-a/secrets', { value: 'whsec_new' });
  const payment = stripePayment({ accountId: id, amount: 10 });
  expect(await post(holdfast, 'endpoint-a', signedByStripe(payment.succeeded(), 'whsec_new'))).toMatchObject({
    status: 200
  });
  await deliver(stripePayment({ accountId: id, amount: 5 }).succeeded());
  const crossed = signedByStripe(payment.succeeded(), ENDPOINTS['endpoint-b']);
  expect(await post(holdfast, 'endpoint-a', crossed)).toMatchObject({ status: 401 });
  await settled();
  expect(await booked(id)).toMatchObject({ balance: 15 });
});

/** What can happen to a payment at Stripe. */
const happening = fc.record({
  what: fc.constantFrom('refund', 'refund comes back', 'dispute', 'dispute won'),
  amount: fc.integer({ min: 1, max: 400 })
});

/** Stripe's books of one payment: its own balance, and what it tells of it, in the order it happened. */
function stripesBooks(accountId: number, amount: number, story: { what: string; amount: number }[]) {
  const payment = stripePayment({ accountId, amount });
  let clock = 1_700_000_000;
  let [balance, refunded] = [amount, 0];
  const [refunds, disputes]: { id: string; amount: number }[][] = [[], []];
  const events = [payment.succeeded({ created: clock })];
  for (const step of story) {
    clock += 60;
    const at = { created: clock };
    const open =
      step.what === 'refund comes back' ? refunds!.pop() : step.what === 'dispute won' ? disputes!.pop() : null;
    if (step.what === 'refund' && refunded + step.amount <= amount) {
      refunds!.push({ id: stripeId('re'), amount: step.amount });
      refunded += step.amount;
      balance -= step.amount;
      events.push(payment.refunded(refunded, at));
    } else if (step.what === 'dispute') {
      const dispute = { id: stripeId('dp'), amount: step.amount };
      disputes!.push(dispute);
      balance -= step.amount;
      events.push(payment.dispute('withdrawn', dispute, at));
    } else if (open) {
      balance += open.amount;
      if (step.what === 'refund comes back') refunded -= open.amount;
      events.push(
        step.what === 'dispute won' ? payment.dispute('reinstated', open, at) : payment.refundFailed(open, at)
      );
    }
  }
  return { balance, events };
}

test('any story, told in any order, some of it twice, to two endpoints', async () => {
  const story = fc.array(happening, { maxLength: 8 });
  const stories = fc.array(fc.record({ amount: fc.integer({ min: 1, max: 1000 }), story }), {
    minLength: 1,
    maxLength: 4
  });
  await fc.assert(
    fc.asyncProperty(
      stories,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      async (payments, chance) => {
        const next = () => Number(chance.next().value);
        const { id } = await account();
        const books = payments.map(({ amount, story: steps }) => stripesBooks(id, amount, steps));
        const posts = books
          .flatMap(({ events }) => events)
          .flatMap((event) => [
            { event, slug: 'endpoint-a' as const },
            { event, slug: 'endpoint-b' as const }
          ])
          .flatMap((one) => (next() < 0.2 ? [one, one] : [one]))
          .map((one) => ({ one, place: next() }))
          .toSorted((a, b) => a.place - b.place);
        await Promise.all(posts.map(({ one }) => deliver(one.event, one.slug)));
        await settled();
        expect((await booked(id)).balance).toBe(books.reduce((sum, { balance }) => sum + balance, 0));
      }
    ),
    { numRuns: 12 }
  );
});
