// What an HTTP destination is sent: the bytes, whose headers, which credentials not, a signature that is fresh.

import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { outgoing } from '#lib/server/deliver/http/request.ts';
import { fullJitterSeconds, HTTP_CAPS_SECONDS } from '#lib/server/deliver/schedule.ts';
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
  outgoing(message({ headers, ...changes }), { secrets: [], attempt: 3, now: Date.now() });

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
    ...{ secrets: [], attempt: 1, now: 0 },
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
      ...{ secrets: [SECRET], attempt: 1, now: Date.now() }
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
    const request = outgoing(message({ body: Buffer.from(body) }), { secrets: [secret], attempt: 1, now: Date.now() });
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

test('during a rotation both secrets sign, and a receiver may know either', () => {
  const [fresh, former] = [SECRET, 'whsec_b2xkIHNlY3JldCBvZiB0aGlydHkgYnl0ZXM='];
  const request = outgoing(message(), { secrets: [fresh, former], attempt: 1, now: Date.now() });
  const headers = Object.fromEntries(request.headers);
  expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  for (const secret of [fresh, former]) expect(() => new Webhook(secret).verify('{}', headers)).not.toThrow();
  expect(() => new Webhook('whsec_YW5vdGhlciBzZWNyZXQ=').verify('{}', headers)).toThrow('No matching signature');
});

test('the destination’s own headers take the place of the sender’s; what proves us stays ours', () => {
  const ownHeaders: HeaderPair[] = [
    ['Authorization', 'Bearer own'],
    ['X-Event', 'ours']
  ];
  const headers: HeaderPair[] = [
    ['x-event', 'a'],
    ['X-EVENT', 'b'],
    ['x-other', 'kept'],
    ['authorization', 'theirs']
  ];
  const request = outgoing(message({ headers }), { secrets: [], ownHeaders, attempt: 1, now: 0 });
  expect(request.headers).toEqual([
    ['x-other', 'kept'],
    ...ownHeaders,
    ['Holdfast-Message-Id', ID],
    ['Holdfast-Attempt', '1']
  ]);
});

test('its own method brings the body of a GET along', () => {
  const request = outgoing(message({ method: 'GET', body: Buffer.from('x') }), {
    ...{ secrets: [], method: 'PUT', attempt: 1, now: 0 }
  });
  expect(request).toMatchObject({ method: 'PUT', body: Buffer.from('x') });
});

describe('the default schedule', () => {
  const total = (random: () => number) => {
    const pauses = HTTP_CAPS_SECONDS.map((_, tries) => fullJitterSeconds(HTTP_CAPS_SECONDS, tries + 1, random));
    return pauses.reduce<number>((sum, pause) => sum + (pause ?? Number.NaN), 0) / 3600;
  };

  test('is 12 tries over 72 hours on average', () => {
    expect(HTTP_CAPS_SECONDS).toHaveLength(11);
    expect(total(() => 0.5)).toBeCloseTo(72, 0);
    expect(fullJitterSeconds(HTTP_CAPS_SECONDS, 12, Math.random)).toBeNull();
  });

  test('pauses anything between a second and its cap', () => {
    for (const [index, cap] of HTTP_CAPS_SECONDS.entries()) {
      expect(fullJitterSeconds(HTTP_CAPS_SECONDS, index + 1, () => 0)).toBe(1);
      expect(fullJitterSeconds(HTTP_CAPS_SECONDS, index + 1, () => 1)).toBe(cap);
      expect(fullJitterSeconds(HTTP_CAPS_SECONDS, index + 1, () => 0.25)).toBe(cap / 4);
    }
  });
});
