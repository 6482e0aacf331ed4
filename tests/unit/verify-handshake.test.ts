// The answers that providers want while an endpoint is set up, and the ones that nobody must get.

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { aSecret, judge, NOW, providerOf, tryJson } from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { handshake } from '#lib/server/verify/handshake.ts';
import { sign } from '#lib/server/verify/sign.ts';
import type { HandshakeReply, SignedRequest } from '#lib/server/verify/types.ts';

interface Sent {
  method?: string;
  query?: string;
  headers?: HeaderPair[];
  body?: string;
  secret?: string;
  options?: Record<string, unknown>;
}

function answer(
  slug: string,
  { method = 'POST', query = '', headers = [], body = '', ...rest }: Sent
): HandshakeReply | null {
  const provider = providerOf(slug);
  const url = `https://hooks.example.com/in/source?${query}`;
  const request: SignedRequest = { method, url, path: '', query, headers, body: Buffer.from(body) };
  const { options = {}, secret = 'secret' } = rest;
  const secrets = [aSecret(secret)];
  const verdict = judge(provider, request, { secrets, options });
  return handshake(provider, request, { payload: tryJson(body), secrets, options, verdict });
}

describe('Slack', () => {
  const signed = (body: string, secret = 'secret'): Sent => ({
    body,
    headers: sign(providerOf('slack'), {
      secret,
      body,
      now: NOW,
      method: 'POST',
      url: 'https://hooks.example.com/in/source?'
    })
  });
  const challenge = JSON.stringify({ token: 't', challenge: '<b>3eZbrw1a</b>', type: 'url_verification' });

  test('its signed challenge comes back as plain text that no browser takes for a page', () => {
    expect(answer('slack', signed(challenge))).toEqual({
      status: 200,
      headers: [
        ['content-type', 'text/plain; charset=utf-8'],
        ['x-content-type-options', 'nosniff']
      ],
      body: '<b>3eZbrw1a</b>'
    });
  });

  test('unsigned, wrongly signed or oversized ones get nothing', () => {
    expect(answer('slack', { body: challenge })).toBeNull();
    expect(answer('slack', signed(challenge, 'another'))).toBeNull();
    expect(
      answer('slack', signed(JSON.stringify({ type: 'url_verification', challenge: 'x'.repeat(2049) })))
    ).toBeNull();
    expect(answer('slack', signed(JSON.stringify({ type: 'url_verification' })))).toBeNull();
    expect(answer('slack', signed(JSON.stringify({ type: 'event_callback', challenge: 'x' })))).toBeNull();
  });
});

describe('Meta', () => {
  const query = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=right';

  test('the challenge comes back when the verify token is ours', () => {
    expect(answer('meta', { method: 'GET', query, options: { verify_token: 'right' } })?.body).toBe('1158201444');
  });

  test('not for another token, none, another method or a doubled challenge', () => {
    const options = { verify_token: 'right' };
    expect(answer('meta', { method: 'GET', query, options: { verify_token: 'other' } })).toBeNull();
    expect(answer('meta', { method: 'GET', query, options: {} })).toBeNull();
    expect(
      answer('meta', {
        method: 'GET',
        query: 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=',
        options: { verify_token: '' }
      })
    ).toBeNull();
    expect(answer('meta', { method: 'POST', query, options })).toBeNull();
    expect(answer('meta', { method: 'GET', query: `${query}&hub.challenge=2`, options })).toBeNull();
    expect(answer('meta', { method: 'GET', query: query.replace('subscribe', 'unsubscribe'), options })).toBeNull();
  });
});

test('WebSub: only the topic that the source is for', () => {
  const query = `hub.mode=subscribe&hub.challenge=abc&hub.topic=${encodeURIComponent('https://example.com/feed?a=1')}`;
  expect(answer('websub', { method: 'GET', query, options: { topic: 'https://example.com/feed?a=1' } })?.body).toBe(
    'abc'
  );
  expect(answer('websub', { method: 'GET', query, options: { topic: 'https://example.com/other' } })).toBeNull();
  expect(answer('websub', { method: 'GET', query })).toBeNull();
});

test('X: the answer is a MAC, and never of anything that could be an event', () => {
  const mac = createHmac('sha256', 'secret').update('abc').digest('base64');
  const reply = answer('x-twitter', { method: 'GET', query: 'crc_token=abc' });
  expect(reply?.body).toBe(JSON.stringify({ response_token: `sha256=${mac}` }));
  expect(reply?.headers[0]).toEqual(['content-type', 'application/json']);
  for (const token of ['{"a":1}', '[]', '"a"', 'a b', 'a\nb', 'x'.repeat(101), '']) {
    expect(answer('x-twitter', { method: 'GET', query: `crc_token=${encodeURIComponent(token)}` }), token).toBeNull();
  }
});

test('headers are echoed only when they can be headers', () => {
  const echo = (value: string) => answer('asana', { headers: [['X-Hook-Secret', value]] });
  expect(echo('b537207f')?.headers).toContainEqual(['X-Hook-Secret', 'b537207f']);
  for (const value of ['a\r\nSet-Cookie: x', 'ä', ' ', '', 'x'.repeat(201)]) expect(echo(value)).toBeNull();
});

test('JSON answers escape what they echo', () => {
  const code = '"},"x":"';
  const body = JSON.stringify([{ data: { validationCode: code } }]);
  const reply = answer('azure-event-grid', { body, headers: [['aeg-event-type', 'SubscriptionValidation']] });
  expect(JSON.parse(reply?.body ?? '')).toEqual({ validationResponse: code });
});

test('text that looks like a placeholder is not filled in', () => {
  const reply = answer('nylas', { method: 'GET', query: `challenge=${encodeURIComponent('{mac}{option}$&')}` });
  expect(reply?.body).toBe('{mac}{option}$&');
});

test('a source of another provider echoes nothing', () => {
  const asks: Sent[] = [
    { method: 'GET', query: 'challenge=x&crc_token=x&hub.mode=subscribe&hub.challenge=x' },
    { headers: [['X-Hook-Secret', 'x']], body: '{"type":"url_verification","challenge":"x","verification_token":"x"}' }
  ];
  for (const slug of ['stripe', 'github', 'none', 'generic-hmac']) {
    for (const ask of asks) expect(answer(slug, ask)).toBeNull();
  }
});
