// What GitHub says it sent, beside the log: a real gap is found and filled. GitHub is a local server that speaks its API.

import { afterAll, expect, test } from 'vitest';
import type { Look } from '#lib/server/gaps/gaps.ts';
import type { FillResult } from '#lib/server/gaps/fill.ts';
import { textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { startGithubApi, type GithubApi } from '../support/github-api.ts';
import { githubDelivery } from '../support/github-deliveries.ts';
import { freePort, startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { allMessages, make, messageOf, settledMessages } from '../support/outside.ts';
import { jsonAnswer } from '../support/provider-server.ts';
import { until } from '../support/until.ts';

const SECRET = 'the secret of the hook';
const HOUR_MS = 3_600_000;

const database = await testDatabase();
const port = await freePort();
const start = () =>
  startHoldfast({ databaseUrl: database.url, env: { PORT: port, ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' } });
let holdfast: Holdfast = await start();
const apis: GithubApi[] = [];
afterAll(async () => {
  await holdfast.stop();
  for (const api of apis) await api.close();
});

async function sourceWithHook(slug: string, { pageSize = 100, secret = SECRET, token = '' } = {}) {
  const api = await startGithubApi({ hookUrl: `${holdfast.url}/in/${slug}`, secret: SECRET, pageSize });
  apis.push(api);
  await make(holdfast, '/sources', {
    ...{ slug, provider: 'github', options: { api_base_url: api.url, hook: api.hook } },
    secrets: [secret, { label: 'github-token', value: token || api.token }]
  });
  return api;
}

async function look(slug: string, query = ''): Promise<Look> {
  const answer = await holdfast.api(`/sources/${slug}/gaps?${query}`);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as Look;
}

async function fill(slug: string, ids: string[]): Promise<FillResult[]> {
  const answer = await holdfast.api(`/sources/${slug}/gaps/fetch`, { method: 'POST', body: { ids } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return (answer.body as { data: FillResult[] }).data;
}

const opened = (second: number) => githubDelivery('opened', second).payload;
const refusalOf = async (slug: string) => holdfast.api(`/sources/${slug}/gaps`);

test('what was sent while Holdfast was stopped is listed as never arrived, and comes through the door when asked for', async () => {
  const api = await sourceWithHook('gap');
  const before = await api.send('pull_request', opened(1));
  await holdfast.stop();
  const during = await api.send('pull_request', opened(2));
  holdfast = await start();
  const after = await api.send('pull_request', opened(3));

  const { data, next_cursor: next, looked } = await look('gap');
  expect(next).toBeNull();
  expect(looked).toEqual({ count: 3, back_to: data.at(-1)?.sent_at });
  expect(data.map(({ event_id: id, state, provider }) => [id, state, provider.ok, provider.status_code])).toEqual([
    [after, 'arrived', true, 200],
    [during, 'missing', false, null],
    [before, 'arrived', true, 200]
  ]);
  expect(data[1]).toMatchObject({ event_type: 'pull_request.opened', provider: { text: 'failed to connect to host' } });
  expect(await messageOf(holdfast, data[0]?.message_id ?? '')).toMatchObject({ event_id: after });
  const missing = await look('gap', 'only=missing');
  expect(missing.data.map((item) => item.event_id)).toEqual([during]);

  const results = await fill(
    'gap',
    missing.data.map(({ id }) => id)
  );
  expect(results).toEqual([
    { id: missing.data[0]?.id, outcome: 'asked', message: textWith('asked to send it again'), message_id: null }
  ]);
  await until(async () => (await allMessages(holdfast, 'source=gap')).some(({ event_id: id }) => id === during));
  const [message] = await settledMessages(holdfast, 'gap');
  expect(message).toMatchObject({ event_id: during, origin: 'received', verification: { status: 'valid' } });
  expect(message).toMatchObject({ status: 'succeeded' });

  // Two tries are one line: the newest try says how it went, the first when it was sent.
  await until(async () => (await look('gap')).looked.count === 4);
  const filled = (await look('gap')).data.find((item) => item.event_id === during);
  expect(filled).toMatchObject({ state: 'arrived', message_id: message?.id, provider: { ok: true, status_code: 200 } });
  expect(filled?.sent_at).toBe(data[1]?.sent_at);
  const audit = await database.web`select detail from audit_log where action = 'source.gaps_filled'`;
  expect(audit).toEqual([{ detail: { asked: [results[0]?.id], stored: [], failed: [] } }]);
});

test('what came with a wrong signature has arrived, and leads to its message', async () => {
  const api = await sourceWithHook('mistyped', { secret: 'another secret' });
  const guid = await api.send('pull_request', opened(1));
  const { data } = await look('mistyped');
  const [message] = await allMessages(holdfast, 'source=mistyped');
  expect(data).toMatchObject([
    { event_id: guid, state: 'invalid', message_id: message?.id, provider: { ok: false, status_code: 401 } }
  ]);
  expect((await look('mistyped', 'only=missing')).data).toEqual([]);
});

test('a long list is read in parts, by a cursor, and only as far back as the window goes', async () => {
  const api = await sourceWithHook('long', { pageSize: 2 });
  const now = Date.now();
  const ids = Array.from({ length: 9 }, (_, hours) =>
    api.list('push', new Date(now - (9 - hours) * HOUR_MS))
  ).reverse();
  const first = await look('long');
  expect(first.data.map((item) => item.event_id)).toEqual(ids.slice(0, 6));
  expect(first.looked).toEqual({ count: 6, back_to: new Date(now - 6 * HOUR_MS).toISOString() });
  const second = await look('long', `cursor=${first.next_cursor}`);
  expect(second.data.map((item) => item.event_id)).toEqual(ids.slice(6));
  expect(second.next_cursor).toBeNull();

  const since = new Date(now - 4.5 * HOUR_MS).toISOString();
  const until = new Date(now - 1.5 * HOUR_MS).toISOString();
  const window = await look('long', `since=${since}&until=${until}`);
  expect(window.data.map((item) => item.event_id)).toEqual(ids.slice(1, 4));
  expect(window.next_cursor).toBeNull();
  expect(await holdfast.api('/sources/long/gaps?since=tomorrow')).toMatchObject({ status: 400 });
  expect(await holdfast.api(`/sources/long/gaps?since=${until}&until=${since}`)).toMatchObject({ status: 400 });
});

test('what was sent longer ago than the log keeps is not called missing', async () => {
  const api = await sourceWithHook('old');
  api.list('push', new Date(Date.now() - 8 * 24 * HOUR_MS));
  const since = new Date(Date.now() - 9 * 24 * HOUR_MS).toISOString();
  expect((await look('old', `since=${since}`)).data).toMatchObject([{ state: 'unknown' }]);
});

test('what GitHub refuses is said with the next step', async () => {
  const api = await sourceWithHook('refused', { token: 'revoked' });
  expect(await refusalOf('refused')).toEqual({
    status: 502,
    body: {
      error: 'provider_refused',
      message: textWith('GitHub answered 401: “Bad credentials”. The token was revoked')
    }
  });

  const reset = Math.floor(Date.now() / 1000) + 600;
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
  api.refuseWith = jsonAnswer({ message: 'API rate limit exceeded' }, 403, headers);
  expect(await refusalOf('refused')).toEqual({
    status: 503,
    body: {
      error: 'provider_rate_limited',
      message: textWith(`try again after ${new Date(reset * 1000).toISOString().slice(11, 19)} UTC, in 10 min`)
    }
  });
  api.refuseWith = jsonAnswer({}, 429, { 'retry-after': '30' });
  const limited = await fill('refused', ['1', '2']);
  expect(limited).toMatchObject([
    { outcome: 'failed', message: textWith('in 1 min') },
    { outcome: 'not_tried', message: textWith('Not tried: GitHub takes no more requests') }
  ]);

  api.refuseWith = jsonAnswer({ message: 'Not Found' }, 404);
  expect((await refusalOf('refused')).body).toMatchObject({ message: textWith(`Either there is no ${api.hook}`) });
  api.refuseWith = jsonAnswer(null, 302, { location: 'https://elsewhere.example' });
  expect((await refusalOf('refused')).body).toMatchObject({ message: textWith('Redirects are not followed') });
  api.refuseWith = { status: 200, text: '{"not":"a list"}' };
  expect((await refusalOf('refused')).body).toMatchObject({ message: textWith('is not a list of GitHub') });
  api.refuseWith = { status: 200, text: `["${'x'.repeat(17_000_000)}"]` };
  expect((await refusalOf('refused')).body).toMatchObject({ message: textWith('the limit') });
  api.refuseWith = null;
  expect(await fill('refused', ['../../../user'])).toMatchObject([
    { outcome: 'failed', message: textWith('is not the id') }
  ]);
});

test('what is not set up is said with the next step', async () => {
  await make(holdfast, '/sources', { slug: 'bare', provider: 'github', secrets: SECRET });
  expect(await refusalOf('bare')).toMatchObject({
    status: 409,
    body: { error: 'no_api_key', message: textWith('no secret labelled "github-token"') }
  });
  await make(holdfast, '/sources/bare/secrets', { label: 'github-token', value: 'x' });
  expect(await refusalOf('bare')).toMatchObject({ status: 409, body: { error: 'no_hook' } });
  const options = { hook: 'repos/a/../hooks/1' };
  expect(await holdfast.api('/sources/bare', { method: 'PATCH', body: { options } })).toMatchObject({ status: 400 });
  await make(holdfast, '/sources', { slug: 'other', provider: 'gitlab', secrets: SECRET });
  expect(await refusalOf('other')).toMatchObject({ status: 409, body: { error: 'not_supported' } });
});
