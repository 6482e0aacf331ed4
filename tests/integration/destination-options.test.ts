// What an HTTP destination can be set to: taken, refused, shown without its secrets, and sent by.

import { afterAll, describe, expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { anyText, apiParts, auditOf, field, idOf, make as makeHere } from '../support/api-parts.ts';
import { makeCertificate } from '../support/certificate.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make } from '../support/outside.ts';
import { startMisbehaving } from '../support/misbehaving.ts';
import { startReceiver } from '../support/receiver.ts';

const MASK = '••••••••';
const NAME = 'hooks.example.org';
const later = new Date(Date.now() + 365 * 86_400_000);
const [authority, client] = [makeCertificate(NAME, later), makeCertificate('holdfast', later)];

const database = await testDatabase();
const api = apiFor(await apiParts(database), keyOf('admin'));
let counter = 0;
const newOne = (options: object) =>
  makeHere(api, '/destinations', { name: `d${(counter += 1)}`, url: 'https://d.example/', ...options });

describe('by the API', () => {
  test('everything is as usual until it is set, and again after null', async () => {
    const usual = {
      ...{ retry: null, rate: null, concurrency: null, ordered: false, order_key: null, method: null },
      ...{ timeout_seconds: null, headers: [], tls: null, forward_path: false, previous_secret_expires_at: null }
    };
    const path = `/destinations/${idOf(await newOne({}))}`;
    expect((await api('GET', path)).json).toMatchObject(usual);
    const set = {
      ...{ retry: { schedule_seconds: [] }, concurrency: 4, ordered: true, order_key: 'json:data.id', method: 'PUT' },
      ...{ timeout_seconds: 120, forward_path: true }
    };
    const more = { ...set, headers: [['X-Key', 'one']], tls: { server_name: NAME }, rate: 2 };
    expect((await api('PATCH', path, more)).json).toMatchObject({
      ...{ ...set, rate: { per_second: 2 }, headers: [['X-Key', MASK]] },
      tls: { ca: null, client_certificate: null, has_client_key: false, server_name: NAME, verify: true }
    });
    expect((await api('PATCH', path, { name: `renamed ${counter}` })).json).toMatchObject(set);
    const { previous_secret_expires_at: _, ...nulls } = usual;
    expect((await api('PATCH', path, { ...nulls, headers: null })).json).toMatchObject(usual);
  });

  test('values of headers and keys are stored sealed, and stay when they are left out', async () => {
    const made = await newOne({
      headers: [
        ['X-One', 'first secret'],
        ['X-Two', 'second secret']
      ],
      tls: { client_certificate: client.cert, client_key: client.key }
    });
    const path = `/destinations/${idOf(made)}`;
    const stored = async () => {
      const [row] = await database.web<{ options: { headers: [string, string][]; tls: Record<string, unknown> } }[]>`
        select options from destinations where id = ${idOf(made)}`;
      return row!.options;
    };
    const before = await stored();
    for (const text of [made.text, JSON.stringify(before)])
      expect(text).not.toMatch(/(?:first|second) secret|PRIVATE KEY/);
    const changed = await api('PATCH', path, {
      headers: [
        ['x-two', null],
        ['X-Three', 'third']
      ],
      tls: { client_certificate: client.cert, server_name: NAME }
    });
    expect(changed.json).toMatchObject({ tls: { has_client_key: true, server_name: NAME } });
    const after = await stored();
    expect(after.headers[0]).toEqual(['x-two', before.headers[1]![1]]);
    expect(after.tls['client_key_sealed']).toBe(before.tls['client_key_sealed']);
    expect((await api('PATCH', path, { headers: [['X-New', null]] })).text).toContain('has no stored value for X-New');
    expect((await api('PATCH', path, { tls: { server_name: NAME } })).json).toMatchObject({
      tls: { has_client_key: false }
    });
  });

  test('an order key goes with the order', async () => {
    expect(
      (await api('POST', '/destinations', { name: 'k', url: 'https://k.example', order_key: 'json:a' })).status
    ).toBe(400);
    const path = `/destinations/${idOf(await newOne({ ordered: true, order_key: 'header:x-shop' }))}`;
    expect((await api('PATCH', path, { ordered: false })).json).toMatchObject({ ordered: false, order_key: null });
    expect((await api('PATCH', path, { order_key: 'json:a' })).text).toContain('set ordered to true');
  });

  test.each<[object, string]>([
    ...['Host', 'content-length', 'Transfer-Encoding', 'connection', 'Webhook-Id', 'holdfast-attempt', 'a b', ''].map(
      (name): [object, string] => [{ headers: [[name, 'x']] }, 'headers.0.0 is']
    ),
    [{ headers: [['X-A', 'line\r\nX-B: y']] }, 'headers.0.1 is not right: one line'],
    [{ headers: [['X-A', '']] }, 'headers.0.1'],
    [
      {
        headers: [
          ['X-A', '1'],
          ['x-a', '2']
        ]
      },
      'each name can be there once'
    ],
    [{ timeout_seconds: 0 }, 'timeout_seconds is 0: a whole number from 1 to 120'],
    [{ timeout_seconds: 121 }, 'timeout_seconds'],
    [{ method: 'GET' }, 'method'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ ordered: true, order_key: 'body' }, 'order_key'],
    [{ tls: { verify: false } }, 'anybody on the way can read and change the deliveries'],
    [{ tls: { ca: 'not PEM' } }, 'a certificate in PEM is needed'],
    [{ tls: { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' } }, 'cannot be read'],
    [{ tls: { client_certificate: client.cert } }, 'tls.client_key is missing'],
    [{ tls: { client_certificate: client.cert, client_key: authority.key } }, 'do not belong together'],
    [{ tls: { server_name: 'not a name' } }, 'a host name is needed']
  ])('%j is refused', async (options, sentence) => {
    const answer = await api('POST', '/destinations', { name: 'refused', url: 'https://r.example/', ...options });
    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain(sentence);
    expect(answer.text).not.toContain('PRIVATE KEY');
  });

  test('a secret is rotated: a new one is shown once, the former one is good for a while', async () => {
    const id = idOf(await newOne({ secret: 'whsec_b25l' }));
    const path = `/destinations/${id}`;
    const rotated = await api('POST', `${path}/rotate-secret`, {});
    expect(rotated.json).toMatchObject({ id, secret: anyText, previous_secret_expires_at: anyText });
    const inHours = (Date.parse(String(field(rotated, 'previous_secret_expires_at'))) - Date.now()) / 3_600_000;
    expect(inHours).toBeCloseTo(24, 0);
    expect((await api('GET', path)).text).not.toContain('whsec_');
    expect((await api('DELETE', `${path}/previous-secret`)).status).toBe(204);
    expect((await api('GET', path)).json).toMatchObject({ previous_secret_expires_at: null });
    const own = await api('POST', `${path}/rotate-secret`, { secret: 'whsec_dHdv', keep_seconds: 0 });
    expect(own.json).toMatchObject({ previous_secret_expires_at: null });
    expect(own.text).not.toContain('whsec_');
    const actions = (await auditOf(database, `destination ${id}`)).map(({ action }) => action);
    expect(actions.slice(1)).toEqual([
      'destination.secret_rotated',
      'destination.secret_ended',
      'destination.secret_rotated'
    ]);
  });

  test('a handler has no secret and takes no test', async () => {
    const [handler] = await database.web<{ id: number }[]>`select id from destinations where kind = 'handler' limit 1`;
    for (const what of ['rotate-secret', 'test']) {
      expect((await api('POST', `/destinations/${handler!.id}/${what}`, {})).status).toBe(409);
      expect((await api('POST', `/destinations/999999/${what}`, {})).status).toBe(404);
    }
  });
});

describe('on the way out', async () => {
  const receiver = await startReceiver((_, response) => response.end('thanks'));
  const secure = await startMisbehaving({ ...authority, requestCert: true, rejectUnauthorized: false });
  const holdfast = await startHoldfast({ env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' } });
  afterAll(() => holdfast.stop());

  test('method, headers and path of the destination’s choice; its headers are masked in the attempt', async () => {
    await make(holdfast, '/sources', { slug: 'shop', provider: 'none' });
    const { id } = await make(holdfast, '/destinations', {
      ...{ name: 'own', url: `${receiver.url}/base?key=1`, method: 'PUT', forward_path: true },
      headers: [['Authorization', 'Bearer own secret']]
    });
    await make(holdfast, '/connections', { source: 'shop', destination: id });
    const message = await accepted(holdfast, 'shop/deep?q=2', { body: '{}', headers: { authorization: 'theirs' } });
    const delivery = await deliveryWhen(holdfast, message, ({ status }) => status === 'succeeded');
    expect(receiver.received).toMatchObject([
      { method: 'PUT', url: '/base/deep?key=1&q=2', headers: { authorization: 'Bearer own secret' } }
    ]);
    expect(delivery.attempts[0]!.detail).toMatchObject({
      request: { method: 'PUT', url: `${receiver.url}/base/deep?key=1&q=2` },
      response: { status: 200, body: 'thanks', size: 6 }
    });
    expect(JSON.stringify(delivery)).not.toContain('own secret');
  });

  test('a client certificate is shown to whom asks for one', async () => {
    const tls = { ca: authority.cert, server_name: NAME, client_certificate: client.cert, client_key: client.key };
    const url = `https://127.0.0.1:${secure.port}/fine`;
    const { id } = await make(holdfast, '/destinations', { name: 'mutual', url, tls });
    expect(await holdfast.api(`/destinations/${id}/test`, { method: 'POST' })).toMatchObject({
      body: {
        ...{ outcome: 'response', status_code: 200, error: null },
        detail: { timings: { reused: false, dns_ms: null, tls_ms: expect.any(Number) as number } }
      }
    });
    expect(secure.peers()).toEqual(['holdfast']);
  });
});
