// Messages passed on to HTTP destinations by the whole program: what arrives, when it is tried again, when no more.

import { Webhook } from 'standardwebhooks';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, deliveryOf, deliveryWhen, make, messageOf, post } from '../support/outside.ts';
import { sendRaw } from '../support/raw-request.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;

const receiver = await startReceiver((request, response) => {
  const tries = receiver.at(request.url).length;
  const [, kind = '', status = ''] = request.url.split('/');
  if (kind === 'always') response.writeHead(Number(status), { location: '/moved', 'retry-after': '2' });
  if (kind === 'third') response.writeHead(tries < 3 ? 500 : 200);
  response.end(`answer ${tries}`);
});
const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' }
});
afterAll(() => holdfast.stop());

/** A source with one destination. */
async function connected(
  slug: string,
  url: string,
  more: Record<string, unknown> = {}
): Promise<{ id: number; secret?: string }> {
  await make(holdfast, '/sources', { slug, provider: 'none' });
  const destination = await make<{ id: number; secret?: string }>(holdfast, '/destinations', {
    ...{ name: slug, url: url.startsWith('/') ? receiver.url + url : url, ...more }
  });
  await make(holdfast, '/connections', { source: slug, destination: destination.id });
  return destination;
}
const simple = (slug: string) => accepted(holdfast, slug, { body: '{}', headers: {} });
const over = (id: string) => deliveryWhen(holdfast, id, ({ status }) => status === 'succeeded' || status === 'failed');

test('the exact bytes, the sender’s headers, and a signature that the official library verifies', async () => {
  await connected('exact', '/exact', { secret: SECRET });
  const body = Buffer.from(' {"a": 12345678901234567890,\r\n "\\u0000":"ä"}\n');
  const head = [
    ...[
      'POST /in/exact/deep?q=1 HTTP/1.1',
      'Host: sender',
      'Content-Type: application/json',
      'X-Twice: a',
      'x-twice: b'
    ],
    ...['Authorization: Bearer s', 'Cookie: s=1', 'Webhook-Id: msg_theirs', 'Holdfast-Attempt: 99', 'TE: trailers'],
    ...[`Content-Length: ${body.length}`, '', '']
  ].join('\r\n');
  const { id } = JSON.parse((await sendRaw(holdfast.url, Buffer.concat([Buffer.from(head), body]))).body) as {
    id: string;
  };
  const delivery = await over(id);

  const [got] = receiver.at('/exact');
  expect(got!.body.equals(body)).toBe(true);
  expect(got!.method).toBe('POST');
  const names = got!.rawHeaders.filter(
    ([name]) => !['host', 'connection', 'content-length'].includes(name.toLowerCase())
  );
  expect(names).toEqual([
    ['Content-Type', 'application/json'],
    ['X-Twice', 'a'],
    ['x-twice', 'b'],
    ['Holdfast-Original-Webhook-Id', 'msg_theirs'],
    ['Holdfast-Message-Id', id],
    ['Holdfast-Attempt', '1'],
    ['webhook-id', id],
    ['webhook-timestamp', expect.stringMatching(/^\d{10}$/)],
    ['webhook-signature', expect.stringMatching(/^v1,/)]
  ]);
  expect(() => new Webhook(SECRET).verify(got!.body.toString(), got!.headers, { jsonParse: false })).not.toThrow();
  expect(delivery).toMatchObject({
    ...{ status: 'succeeded', attempt_count: 1, last_error: null },
    attempts: [{ outcome: 'response', status_code: 200, error: null, detail: { response: { body: 'answer 1' } } }]
  });
});

test('a secret that is made here is shown once, and signs', async () => {
  const { id, secret } = await connected('made', '/made');
  await over(await simple('made'));
  const [got] = receiver.at('/made');
  expect(() => new Webhook(secret!).verify('{}', got!.headers)).not.toThrow();
  expect(await holdfast.api(`/destinations/${id}`)).toMatchObject({ body: { has_secret: true } });
  expect(JSON.stringify(await holdfast.api(`/destinations/${id}`))).not.toContain(secret!);
});

test('a source’s own token is not passed on', async () => {
  await make(holdfast, '/sources', {
    slug: 'token',
    provider: 'generic-token',
    secrets: ['t0ken'],
    options: { header: 'X-My-Token' }
  });
  const { id } = await connected('token-out', '/token');
  await make(holdfast, '/connections', { source: 'token', destination: id });
  await over(await accepted(holdfast, 'token', { body: '{}', headers: { 'x-my-token': 't0ken', 'x-other': 'kept' } }));
  expect(receiver.at('/token')[0]!.headers).toMatchObject({ 'x-other': 'kept' });
  expect(JSON.stringify(receiver.at('/token'))).not.toContain('t0ken');
});

test('tried again by the schedule, each try with its number, until one succeeds', async () => {
  await connected('third', '/third', { retry: { schedule_seconds: [0.2, 0.4, 60] } });
  const id = await simple('third');
  const delivery = await over(id);
  expect(delivery).toMatchObject({ status: 'succeeded', attempt_count: 3 });
  expect(delivery.attempts.map(({ number, status_code: status, error }) => [number, status, error])).toEqual([
    [1, 500, 'The destination answered 500.'],
    [2, 500, 'The destination answered 500.'],
    [3, 200, null]
  ]);
  const tries = receiver.at('/third');
  expect(tries.map(({ headers }) => headers['holdfast-attempt'])).toEqual(['1', '2', '3']);
  expect(new Set(tries.map(({ headers }) => headers['holdfast-message-id']))).toEqual(new Set([id]));
  expect(tries[1]!.at - tries[0]!.at).toBeGreaterThanOrEqual(200);
  expect(tries[2]!.at - tries[1]!.at).toBeGreaterThanOrEqual(400);
});

test('the last pause used up: failed for good, and a click begins a fresh round of tries', async () => {
  await connected('used-up', '/always/500', { retry: { schedule_seconds: [0.1] } });
  const id = await simple('used-up');
  const delivery = await over(id);
  expect(delivery).toMatchObject({ status: 'failed', attempt_count: 2, next_attempt_at: null });
  expect(await holdfast.api(`/messages/${id}/redeliver`, { method: 'POST', body: {} })).toMatchObject({ status: 202 });
  await deliveryWhen(holdfast, id, ({ status, attempt_count: tries }) => status === 'failed' && tries === 4);
});

test.each([
  ['410', 1, '410'],
  ['302', 2, 'redirects are not followed']
])('%s ends after %i tries', async (status, tries, words) => {
  await connected(`ends-${status}`, `/always/${status}`, { retry: { schedule_seconds: [0.1] } });
  const delivery = await over(await simple(`ends-${status}`));
  expect(delivery).toMatchObject({
    status: 'failed',
    attempt_count: tries,
    last_error: expect.stringContaining(words) as string
  });
  expect(receiver.at('/moved')).toEqual([]);
});

test('Retry-After makes the pause longer, never shorter', async () => {
  const nextIn = async (slug: string, pause: number) => {
    await connected(slug, '/always/503', { retry: { schedule_seconds: [pause] } });
    const delivery = await deliveryWhen(holdfast, await simple(slug), ({ attempt_count: tries }) => tries === 1);
    return (Date.parse(delivery.next_attempt_at!) - Date.parse(delivery.attempts[0]!.started_at)) / 1000;
  };
  expect(await nextIn('busy', 0.1)).toBeCloseTo(2, 0);
  expect(await nextIn('patient', 60)).toBeCloseTo(60, 0);
});

test.each([
  'http://10.0.0.1/',
  'https://169.254.169.254/latest',
  'http://[::1]:9/',
  'http://0x7f.2/',
  'https://127.0.0.2/'
])('%s is refused once and for all, also when delivered again', async (url) => {
  const slug = `private-${url.replaceAll(/\W+/g, '-')}`.slice(0, 40);
  await connected(slug.replace(/-$/, ''), url);
  const id = await simple(slug.replace(/-$/, ''));
  const refusal = {
    outcome: 'refused',
    status_code: null,
    error: expect.stringContaining('ALLOW_PRIVATE_DESTINATIONS') as string
  };
  expect(await over(id)).toMatchObject({ status: 'failed', attempts: [refusal] });
  await holdfast.api(`/messages/${id}/redeliver`, { method: 'POST', body: {} });
  await deliveryWhen(holdfast, id, ({ status, attempt_count: tries }) => status === 'failed' && tries === 2);
});

test('the deliveries of a deleted destination fail with a sentence', async () => {
  const { id } = await connected('deleted', '/always/500', { retry: { schedule_seconds: [1] } });
  const message = await simple('deleted');
  await deliveryWhen(holdfast, message, ({ attempt_count: tries }) => tries === 1);
  expect(await holdfast.api(`/destinations/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
  const delivery = await over(message);
  expect(delivery).toMatchObject({ status: 'failed', last_error: expect.stringContaining('was deleted') as string });
  expect(delivery.destination).toEqual({ id, name: expect.stringContaining(String(id)) as string });
  expect(await holdfast.api('/connections')).toMatchObject({ status: 200 });
  expect(receiver.at('/always/500').filter(({ headers }) => headers['holdfast-message-id'] === message)).toHaveLength(
    1
  );
});

test('a filter lets pass what it names; a message that is invalid goes nowhere by itself, and out by a click', async () => {
  await make(holdfast, '/sources', { slug: 'signed', provider: 'github', secrets: ['s'] });
  const { id } = await connected('signed-out', '/signed');
  await make(holdfast, '/connections', { source: 'signed', destination: id, filter: { event_types: ['push'] } });
  const forged = await post(holdfast, 'signed', { body: '{}', headers: { 'x-github-event': 'push' } });
  const message = String(forged.body['id']);
  expect(forged.status).toBe(401);
  expect((await messageOf(holdfast, message)).deliveries).toEqual([]);
  const again = await holdfast.api(`/messages/${message}/redeliver`, { method: 'POST', body: { destination: id } });
  expect(again).toMatchObject({ status: 202 });
  const [{ id: delivery }] = (again.body as { deliveries: [{ id: string }] }).deliveries;
  await until(async () => (await deliveryOf(holdfast, delivery)).status === 'succeeded');
  expect(receiver.at('/signed')).toHaveLength(1);
});
