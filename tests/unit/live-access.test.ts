// Who may open a stream, change it, and keep it.

import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createHub } from '#lib/server/live/hub.ts';
import { noLoaders, read, serveLive, summary, type TestPrincipal } from '../support/live.ts';
import { until } from '../support/until.ts';

/** Sessions by the cookie's value, as the tests end them. */
function createSessions() {
  const sessions = new Map<string, TestPrincipal>();
  let checks = 0;
  const known = (cookie: string | undefined) => sessions.get(cookie ?? '');
  return {
    sessions,
    checks: () => checks,
    authorise: ({ headers }: Pick<IncomingMessage, 'headers'>) => {
      const principal = known(headers.cookie);
      const stillValid = () => {
        checks += 1;
        return Promise.resolve(known(headers.cookie) === principal);
      };
      return Promise.resolve(principal ? { principal, stillValid } : null);
    }
  };
}

const user = (id: number): TestPrincipal => ({ kind: 'user', id, sessionId: `session-${id}` });
const as = (cookie: string) => ({ headers: { cookie } });

async function problemOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { message: unknown }).message;
}

test('nobody gets 401, and a principal 403 for what is not theirs', async () => {
  const { authorise, sessions } = createSessions();
  sessions.set('ada', user(1));
  const { url } = await serveLive({ authorise, mayRead: (_, topic) => Promise.resolve(topic === 'account:1') });
  const nobody = await fetch(`${url}/api/v1/live?topics=inbox`);
  expect([nobody.status, ((await nobody.json()) as { error: string }).error]).toEqual([401, 'unauthorized']);
  const refused = await fetch(`${url}/api/v1/live?topics=account:1,account:2`, as('ada'));
  expect([refused.status, await refused.json()]).toEqual([
    403,
    { error: 'forbidden', message: 'You may not read "account:2".' }
  ]);
  expect((await read(url, 'topics=account:1', as('ada'))).status).toBe(200);
});

test.each([
  ['', 'topics is missing: name at least one, such as topics=inbox.'],
  ['topics=inbox,orders', '"orders" is not a topic: use inbox, message:<id>, account:<id> or pull-requests.'],
  ['topics=account:x', '"account:x" is not a topic: use inbox, message:<id>, account:<id> or pull-requests.'],
  ['topics=inbox&status=odd', 'status is "odd": one of failed, held, pending, succeeded, none is needed.'],
  ['topics=inbox&since=now', 'since is "now": the id of a frame, or a time such as 2026-01-31T12:00:00Z, is needed.'],
  ['subscriptions=[', 'This is not JSON.']
])('"%s" is refused with what is needed', async (query, message) => {
  const { url, live } = await serveLive();
  const response = await fetch(`${url}/api/v1/live?${query}`);
  expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request', message }]);
  expect(live.count()).toBe(0);
});

test('other methods are refused with the one that is taken', async () => {
  const { url } = await serveLive();
  const response = await fetch(`${url}/api/v1/live`, { method: 'DELETE' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
});

test('a stream ends soon after its session, and only that', async () => {
  const { authorise, sessions } = createSessions();
  sessions.set('ada', user(1)).set('bob', user(2));
  const { url, hub, live } = await serveLive({ authorise, timing: { checkIntervalMs: 50 } });
  const ada = await read(url, 'topics=inbox', as('ada'));
  const bob = await read(url, 'topics=inbox', as('bob'));
  sessions.delete('ada');
  await until(ada.isEnded);
  hub.publish({ event: 'message', data: summary(), topics: ['inbox'] });
  await bob.arrive('message');
  expect(ada.of('message')).toEqual([]);
  expect(live.count()).toBe(1);
});

test('with the interval of production a stream ends within 5 s of its session', async () => {
  const { authorise, sessions } = createSessions();
  sessions.set('ada', user(1));
  const { url } = await serveLive({ authorise });
  const ada = await read(url, 'topics=inbox', as('ada'));
  const ended = performance.now();
  sessions.delete('ada');
  await until(ada.isEnded);
  expect(performance.now() - ended).toBeLessThan(5_000);
});

test('a stream ends at the moment its session expires', async () => {
  const expiresAt = new Date(Date.now() + 500);
  const principal = { ...user(1), expiresAt };
  const stillValid = () => Promise.resolve(new Date() < expiresAt);
  const { url } = await serveLive({
    authorise: () => Promise.resolve({ principal, stillValid }),
    timing: { checkIntervalMs: 60_000 }
  });
  const reader = await read(url, 'topics=inbox');
  await until(reader.isEnded);
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
});

test('a session that cannot be checked any more counts as ended', async () => {
  const principal = user(1);
  const { url, errors } = await serveLive({
    authorise: () => Promise.resolve({ principal, stillValid: () => new Promise<boolean>(() => {}) }),
    timing: { checkIntervalMs: 50 }
  });
  const reader = await read(url, 'topics=inbox');
  await until(reader.isEnded);
  expect(errors).toEqual([]);
});

test('a stream ends when a topic of it is no longer its reader’s', async () => {
  const theirs = new Set(['account:1']);
  const { url } = await serveLive({
    mayRead: (_, topic) => Promise.resolve(theirs.has(topic)),
    timing: { checkIntervalMs: 50 }
  });
  const reader = await read(url, 'topics=account:1');
  theirs.clear();
  await until(reader.isEnded);
});

test('all streams of one session are checked at once', async () => {
  const { authorise, sessions, checks } = createSessions();
  sessions.set('ada', user(1));
  const { url } = await serveLive({ authorise, timing: { checkIntervalMs: 100 } });
  await Promise.all(Array.from({ length: 20 }, () => read(url, 'topics=inbox', as('ada'))));
  await until(() => checks() >= 2);
  expect(checks()).toBeLessThan(20);
});

function change(url: string, stream: unknown, { body, headers = {} }: { body: unknown; headers?: object }) {
  return fetch(`${url}/api/v1/live/${String(stream)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  });
}

test('an open stream is changed: what is subscribed comes, with its replay, and what is not comes no more', async () => {
  const hub = createHub();
  const missed = summary({ received_at: new Date(hub.now() + 1).toISOString() });
  const { url } = await serveLive({ hub, loaders: noLoaders({ loadMessages: () => Promise.resolve([missed]) }) });
  const reader = await read(url, 'topics=account:1');
  const stream = reader.frames[0]!.data['stream'];
  const subscribe = [{ name: 'list', topic: 'inbox', filter: { source: 'stripe' }, since: String(hub.now()) }];
  const changed = await change(url, stream, { body: { subscribe, unsubscribe: ['account:1'] } });
  expect(changed.status).toBe(204);
  await reader.arrive('ready', 2);
  expect(reader.of('message')[0]?.data['id']).toBe(missed.id);
  expect(hub.watched('account:1')).toBe(false);
  const again = await change(url, stream, { body: { subscribe } });
  expect([again.status, await problemOf(again)]).toEqual([
    400,
    '"list" is subscribed already: unsubscribe it first, or take another name.'
  ]);
});

test('frames of a stream with names say whom they are for', async () => {
  const { hub, url } = await serveLive();
  const wishes = [
    { name: 'all', topic: 'inbox' },
    { name: 'failed', topic: 'inbox', filter: { status: 'failed' } }
  ];
  const reader = await read(url, `subscriptions=${encodeURIComponent(JSON.stringify(wishes))}`);
  for (const status of ['failed', 'pending'] as const) {
    hub.publish({ event: 'message', data: summary({ status }), topics: ['inbox'] });
  }
  expect((await reader.arrive('message', 2)).map(({ names }) => names)).toEqual([['all', 'failed'], ['all']]);
});

test('a stream is changed only by its own session, from its own pages', async () => {
  const { authorise, sessions } = createSessions();
  sessions.set('ada', user(1)).set('bob', user(2));
  const { url, hub } = await serveLive({
    authorise,
    sameOrigin: ({ headers }) => headers.origin === undefined,
    mayRead: (_, topic) => Promise.resolve(topic !== 'account:2')
  });
  const reader = await read(url, 'topics=account:1', as('ada'));
  const stream = reader.frames[0]!.data['stream'];
  const body = { subscribe: [{ topic: 'inbox' }] };
  expect((await change(url, stream, { body, headers: { cookie: 'bob' } })).status).toBe(404);
  expect((await change(url, 'unknown', { body, headers: { cookie: 'ada' } })).status).toBe(404);
  const foreign = await change(url, stream, { body, headers: { cookie: 'ada', origin: 'https://evil.example' } });
  expect(foreign.status).toBe(403);
  const forbidden = { subscribe: [{ topic: 'account:2' }] };
  expect((await change(url, stream, { body: forbidden, headers: { cookie: 'ada' } })).status).toBe(403);
  const large = { subscribe: [{ topic: 'x'.repeat(70_000) }] };
  expect((await change(url, stream, { body: large, headers: { cookie: 'ada' } })).status).toBe(413);
  expect(hub.watched('inbox')).toBe(false);
});

test('on shutdown streams are ended, and new ones are sent away', async () => {
  const { url, live } = await serveLive();
  const reader = await read(url, 'topics=inbox');
  await live.close();
  await until(reader.isEnded);
  expect(live.count()).toBe(0);
  const response = await fetch(`${url}/api/v1/live?topics=inbox`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
});

test('with the database away the answer is 503, and is logged', async () => {
  const { url, errors } = await serveLive({ authorise: () => Promise.reject(new Error('away')) });
  expect((await fetch(`${url}/api/v1/live?topics=inbox`)).status).toBe(503);
  expect(errors).toHaveLength(1);
});
