// Which event a message is about: what deduplication and handlers go by.

import { expect, test } from 'vitest';
import { providerOf, signedRequest, tryJson, URL_OF_SOURCE } from '../support/signed-requests.ts';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { identify } from '#lib/server/verify/identify.ts';
import { providers } from '#lib/server/verify/providers.ts';
import type { EventIdentity } from '#lib/server/verify/types.ts';

interface Sent {
  headers?: HeaderPair[];
  body?: string;
  options?: Record<string, unknown>;
}

/** As the door does: the payload is there when the body is JSON. */
function identityOf(slug: string, { headers = [], body = '', options = {} }: Sent): EventIdentity {
  const request = { method: 'POST', url: URL_OF_SOURCE, path: '', query: 'tenant=1', headers, body: Buffer.from(body) };
  return identify(providerOf(slug), request, { payload: tryJson(body), options });
}

const FORM: HeaderPair = ['Content-Type', 'application/x-www-form-urlencoded'];
const formOf = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

test('Stripe: id and type of the body', () => {
  const body = JSON.stringify({ id: 'evt_1', type: 'charge.refunded', data: { object: { id: 'ch_1' } } });
  expect(identityOf('stripe', { body })).toEqual({ id: 'evt_1', type: 'charge.refunded' });
  expect(identityOf('stripe', { body: '{"id":"","type":""}' })).toEqual({ id: null, type: null });
});

test('GitHub: delivery, and event with its action, in JSON and in a form', () => {
  const headers: HeaderPair[] = [
    ['x-github-event', 'pull_request'],
    ['X-GITHUB-DELIVERY', 'd-1']
  ];
  const json = JSON.stringify({ action: 'opened', note: 'a&b=c+d' });
  const opened = { id: 'd-1', type: 'pull_request.opened' };
  expect(identityOf('github', { headers, body: json })).toEqual(opened);
  expect(identityOf('github', { headers: [...headers, FORM], body: formOf({ payload: json }) })).toEqual(opened);
  expect(identityOf('github', { headers, body: '{}' })).toEqual({ id: 'd-1', type: 'pull_request' });
  expect(identityOf('github', { headers: [], body: json })).toEqual({ id: null, type: null });
  const twice: HeaderPair[] = [...headers, ['X-GitHub-Delivery', 'd-2']];
  expect(identityOf('github', { headers: twice, body: json }).id).toBeNull();
});

test('Slack: events, interactions and commands', () => {
  const event = JSON.stringify({ type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } });
  expect(identityOf('slack', { body: event })).toEqual({ id: 'Ev1', type: 'app_mention' });
  const interaction = formOf({ payload: JSON.stringify({ type: 'block_actions' }) });
  expect(identityOf('slack', { headers: [FORM], body: interaction })).toEqual({ id: null, type: 'block_actions' });
  const command = formOf({ command: '/deploy', text: 'now' });
  expect(identityOf('slack', { headers: [FORM], body: command })).toEqual({ id: null, type: '/deploy' });
});

test('GitLab: the key that retries share, not the one that chained hooks share', () => {
  const headers: HeaderPair[] = [
    ['X-Gitlab-Event-UUID', 'chain'],
    ['Idempotency-Key', 'key-1'],
    ['X-Gitlab-Event', 'Push Hook']
  ];
  expect(identityOf('gitlab', { headers, body: '{"object_kind":"push"}' })).toEqual({ id: 'key-1', type: 'push' });
  expect(identityOf('gitlab', { headers: headers.slice(0, 1), body: '{}' })).toEqual({ id: null, type: null });
});

test('ids of several parts need all of them', () => {
  const item = (fields: object) => JSON.stringify({ notificationItems: [{ NotificationRequestItem: fields }] });
  const whole = { pspReference: 'p', eventCode: 'CAPTURE', success: 'true' };
  expect(identityOf('adyen', { body: item(whole) })).toEqual({ id: 'p.CAPTURE.true', type: 'CAPTURE' });
  expect(identityOf('adyen', { body: item({ pspReference: 'p', eventCode: 'CAPTURE' }) }).id).toBeNull();
});

test('a multipart body is looked into where its JSON is in a field', () => {
  const json = { event: { event_type: 'sent', event_hash: 'h' }, signature_request: { signature_request_id: 'r' } };
  const part = `--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n${JSON.stringify(json)}\r\n--b--\r\n`;
  const headers: HeaderPair[] = [['content-type', 'multipart/form-data; boundary="b"']];
  expect(identityOf('dropbox-sign', { headers, body: part })).toEqual({ id: 'h.r', type: 'sent' });
});

test('generic sources say where their event is', () => {
  const body = '{"data":[{"id":7}],"kind":"made","big":12345678901234567890,"huge":1e400}';
  const at = (options: Record<string, unknown>, headers: HeaderPair[] = []) =>
    identityOf('generic-hmac', { body, options, headers });
  expect(at({})).toEqual({ id: null, type: null });
  expect(at({ event_id_path: 'data.0.id', event_type_path: 'kind' })).toEqual({ id: '7', type: 'made' });
  expect(at({ event_id_path: '$.data[0].id' }).id).toBe('7');
  expect(at({ event_id_header: 'x-id', event_type_header: 'X-Kind' }, [['X-Id', 'h-1']])).toEqual({
    id: 'h-1',
    type: null
  });
  expect(at({ event_id_path: 'none', event_id_header: 'X-Id' }, [['X-Id', 'h-1']]).id).toBe('h-1');
  // Rounded by JSON.parse: two events could share it.
  expect(at({ event_id_path: 'big' }).id).toBeNull();
  expect(at({ event_id_path: 'huge' }).id).toBeNull();
  expect(at({ event_id_path: 7, event_id_header: {} })).toEqual({ id: null, type: null });
});

test('each sample is an event of its own, with the type that its provider would send', () => {
  for (const provider of providers.filter(({ signable }) => signable)) {
    const read = () => {
      const request = signedRequest(provider, { options: { event_id_path: 'id', event_type_path: 'type' } });
      const options = { event_id_path: 'id', event_type_path: 'type' };
      return identify(provider, request, { payload: tryJson(request.body.toString()), options });
    };
    const [first, second] = [read(), read()];
    if (first.id !== null) expect(first.id, provider.slug).not.toBe(second.id);
    expect(first.type, provider.slug).toBe(second.type);
  }
  const shipped = {
    stripe: 'payment_intent.succeeded',
    github: 'pull_request.opened',
    slack: 'app_mention',
    gitlab: 'push'
  };
  for (const [slug, type] of Object.entries(shipped)) {
    const request = signedRequest(providerOf(slug));
    expect(identify(providerOf(slug), request, { payload: tryJson(request.body.toString()), options: {} }).type).toBe(
      type
    );
  }
});
