// What an HTTP destination is sent: the bytes, whose headers, which credentials not, a signature that is fresh.

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { outgoing } from '#lib/server/deliver/http/request.ts';
import { pauseSeconds, HTTP_SCHEDULE_SECONDS } from '#lib/server/deliver/schedule.ts';
import type { StoredMessage } from '#lib/server/deliver/work.ts';

const ID = '019471a0-0000-7000-8000-000000000001';
const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

function message(changes: Partial<StoredMessage> = {}): StoredMessage {
  return {
    ...{ id: ID, receivedAt: new Date(0), source: { id: 1, slug: 'shop', provider: 'none', options: {} } },
    ...{ method: 'POST', path: '/in/shop', query: '', contentType: null, payload: undefined, headers: [] },
    ...{ body: Buffer.from('{}'), event: { id: null, type: null }, verification: 'none', origin: 'received' },
    ...changes
  };
}

const sent = (headers: HeaderPair[], changes: Partial<StoredMessage> = {}) =>
  outgoing(message({ headers, ...changes }), { secret: null, attempt: 3, now: Date.now() });

test('the sender’s headers, in their order, case and repeats', () => {
  const headers: HeaderPair[] = [
    ['Content-Type', 'application/json'],
    ['X-Event', 'a'],
    ['x-event', 'b'],
    ['Content-Encoding', 'gzip'],
    ['Stripe-Signature', 't=1,v1=x'],
    ['User-Agent', 'Stripe/1.0'],
    ['X-Latin', 'caf\xe9']
  ];
  const own: HeaderPair[] = [
    ['Holdfast-Message-Id', ID],
    ['Holdfast-Attempt', '3']
  ];
  expect(sent(headers).headers).toEqual([...headers, ...own]);
});

test.each([
  ...[
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'Host'
  ],
  ...['Content-Length', 'Authorization', 'Proxy-Authorization', 'Cookie', 'X-Gitlab-Token', 'Holdfast-Attempt'],
  ...['holdfast-message-id', 'HOLDFAST-ORIGINAL-webhook-id', 'X-Named-In-Connection', 'Proxy-Authenticate']
])('not %s', (name) => {
  const headers: HeaderPair[] = [
    [name, 'the sender’s'],
    ['connection', 'close, X-Named-In-connection']
  ];
  expect(sent(headers).headers.map(([, value]) => value)).toEqual([ID, '3']);
});

test('not the secret that a source has in a header of its own', () => {
  const headers: HeaderPair[] = [
    ['X-Api-Token', 'secret'],
    ['X-Other', 'kept']
  ];
  const { headers: passed } = outgoing(message({ headers }), {
    ...{ secret: null, attempt: 1, now: 0 },
    credentials: new Set(['x-api-token'])
  });
  expect(passed.map(([name]) => name)).toEqual(['X-Other', 'Holdfast-Message-Id', 'Holdfast-Attempt']);
});

test('the sender’s own Standard Webhooks headers are set aside', () => {
  const { headers } = outgoing(
    message({
      headers: [
        ['Webhook-Id', 'msg_1'],
        ['webhook-signature', 'v1,x']
      ]
    }),
    {
      ...{ secret: SECRET, attempt: 1, now: Date.now() }
    }
  );
  expect(headers).toContainEqual(['Holdfast-Original-Webhook-Id', 'msg_1']);
  expect(headers).toContainEqual(['Holdfast-Original-webhook-signature', 'v1,x']);
  expect(headers.filter(([name]) => name.toLowerCase() === 'webhook-id')).toEqual([['webhook-id', ID]]);
});

test.each([
  [SECRET, new Webhook(SECRET)],
  ['any text at all', new Webhook('any text at all', { format: 'raw' })]
])('the official library verifies what is signed with %s', (secret, webhook) => {
  for (const body of ['{"a":1}', '', 'not json', '{"umlaut":"ä"}']) {
    const request = outgoing(message({ body: Buffer.from(body) }), { secret, attempt: 1, now: Date.now() });
    const headers = Object.fromEntries(request.headers);
    expect(() => webhook.verify(body, headers, { jsonParse: false })).not.toThrow();
    expect(() => webhook.verify(`${body} `, headers)).toThrow('No matching signature found');
  }
});

test('bytes that are no text are signed and sent as they are', () => {
  const body = Buffer.from([0xff, 0x00, 0xfe]);
  expect(sent([], { body }).body?.equals(body)).toBe(true);
});

test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s stays %s', (method) => {
  expect(sent([], { method, body: Buffer.alloc(0) }).method).toBe(method);
});

test('12 tries over 72 hours, jittered so that a herd does not come back together', () => {
  const total = (random: () => number) => {
    let seconds = 0;
    for (let tries = 1; tries <= HTTP_SCHEDULE_SECONDS.length; tries += 1) {
      seconds += pauseSeconds(HTTP_SCHEDULE_SECONDS, tries, random) ?? Number.NaN;
    }
    return seconds / 3600;
  };
  expect(HTTP_SCHEDULE_SECONDS).toHaveLength(11);
  expect(total(() => 1)).toBeCloseTo(72, 0);
  expect(total(() => 0)).toBeGreaterThan(24);
  expect(pauseSeconds(HTTP_SCHEDULE_SECONDS, 12, Math.random)).toBeNull();
});
