// GET /api/v1/messages: its filters, and its pages.

import { afterAll, expect, test } from 'vitest';
import type { MessageSummary } from '#lib/inbox/types.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, allMessages, make, messageOf, messagePage, post, settledMessages } from '../support/outside.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';

const SECRET = 'whsec_messages';
const NEVER_TRIED_AGAIN = { schedule_seconds: [] };

const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'plain', provider: 'none' });
await make(holdfast, '/sources', { slug: 'failing', provider: 'none' });
await make(holdfast, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
const nowhere = await make(holdfast, '/destinations', {
  ...{ name: 'nowhere', url: 'http://127.0.0.1:1/', retry: NEVER_TRIED_AGAIN }
});
await make(holdfast, '/connections', { source: 'failing', destination: nowhere.id });
const account = await make(holdfast, '/accounts', { name: 'Ada', currency: 'usd' });

const payment = stripePayment({ accountId: account.id, amount: 100 });
const [plain, rare, failed, paid, waiting, forged] = [
  await accepted(holdfast, 'plain/orders/7?tenant=north', {
    body: '{"greeting":"Grüße","n":12345678901234567890}',
    headers: {}
  }),
  await accepted(holdfast, 'plain', {
    body: 'not json, with a needle_in%it',
    headers: { 'content-type': 'text/plain' }
  }),
  await accepted(holdfast, 'failing', { body: '{}', headers: {} }),
  await accepted(holdfast, 'stripe', signedByStripe(payment.succeeded(), SECRET)),
  await accepted(holdfast, 'stripe', signedByStripe(stripePayment({ amount: 5 }).refunded(5), SECRET)),
  String((await post(holdfast, 'stripe', { body: '{"id":"evt_forged","type":"charge.failed"}' })).body['id'])
] as [string, string, string, string, string, string];
await settledMessages(holdfast, 'failing');
const NAMES: Record<string, string> = {
  [plain]: 'plain',
  [rare]: 'rare',
  [failed]: 'failed',
  [paid]: 'paid',
  [waiting]: 'waiting',
  [forged]: 'forged'
};
const found = async (query: string) => (await allMessages(holdfast, query)).map(({ id }) => NAMES[id] ?? id).toSorted();

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString();

test.each([
  ['', ['failed', 'forged', 'paid', 'plain', 'rare', 'waiting']],
  ['source=plain', ['plain', 'rare']],
  ['source=unknown', []],
  ['status=succeeded', ['paid']],
  ['status=failed', ['failed']],
  ['status=pending', ['waiting']],
  ['status=none', ['forged', 'plain', 'rare']],
  ['status=held', []],
  ['verification=valid', ['paid', 'waiting']],
  ['verification=invalid', ['forged']],
  ['verification=none', ['failed', 'plain', 'rare']],
  ['verification=pending', []],
  ['event_type=payment_intent.succeeded', ['paid']],
  ['event_type=charge.*', ['forged', 'waiting']],
  ['event_type=*.failed', ['forged']],
  ['event_type=charge', []],
  ['event_type=CHARGE.*', []],
  ['q=evt_forged', ['forged']],
  ['q=gr%C3%BC%C3%9Fe', ['plain']],
  ['q=needle_in%25it', ['rare']],
  ['q=needleXin%25it', []],
  ['q=tenant=north', ['plain']],
  ['q=/orders/7', ['plain']],
  [`since=${day(-1)}`, ['failed', 'forged', 'paid', 'plain', 'rare', 'waiting']],
  [`since=${day(1)}`, []],
  ['source=stripe&verification=valid&status=pending&event_type=charge.*', ['waiting']],
  ['source=stripe&status=&verification=&event_type=&q=&since=&limit=&cursor=', ['forged', 'paid', 'waiting']]
])('%s finds %j', async (query, names) => {
  expect(await found(query)).toEqual(names);
});

test('since begins with the message of that very moment', async () => {
  const { received_at: since } = await messageOf(holdfast, failed);
  expect(await found(`since=${since}`)).toEqual(['failed', 'forged', 'paid', 'waiting']);
});

test.each([
  'limit=0',
  'limit=-1',
  'limit=ten',
  'limit=1e2',
  'limit=100000',
  'status=broken',
  'verification=perhaps',
  'since=yesterday',
  'cursor=junk',
  "cursor=o'--",
  `q=${'x'.repeat(201)}`,
  'colour=red'
])('400 for %s, in a sentence that names it', async (query) => {
  const answer = await holdfast.api(`/messages?${query}`);
  const name = query.split('=')[0];
  expect(answer).toEqual({
    status: 400,
    body: { error: 'invalid_request', message: expect.stringMatching(new RegExp(`\\b${name}\\b.*\\.$`)) as string }
  });
});

test.each([1, 7, 50])(
  'next_cursor walks everything once, newest first, %i a page, while more comes in',
  async (limit) => {
    const slug = `pages-${limit}`;
    await make(holdfast, '/sources', { slug, provider: 'none' });
    const sent = (
      await Promise.all(Array.from({ length: 25 }, (_, n) => post(holdfast, slug, { body: String(n) })))
    ).map(({ body }) => String(body['id']));
    const walked: MessageSummary[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await messagePage(holdfast, `source=${slug}&limit=${limit}&cursor=${cursor}`);
      expect(page.data.length).toBeLessThanOrEqual(limit);
      walked.push(...page.data);
      cursor = page.next_cursor;
      await post(holdfast, slug, { body: 'meanwhile' });
    }
    expect(walked.map(({ id }) => id)).toEqual(sent.toSorted().toReversed());
    const times = walked.map((message) => Date.parse(message.received_at));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  }
);
