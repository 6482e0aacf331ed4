// Customers and their accounts, sessions and their ends, as browsers see them; what is theirs, and nothing else.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { read } from '../support/live.ts';
import { accepted, make, send, settledMessages } from '../support/outside.ts';
import { invited, newPerson, PASSWORD, signIn, type Person } from '../support/people.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const CUT_WITHIN_MS = 5_000;
const SECRET = 'whsec_people';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

const [adasAccount, bobsAccount] = [
  await make(holdfast, '/accounts', { name: 'Account of Ada', currency: 'usd', owner_email: 'ada@example.org' }),
  await make(holdfast, '/accounts', { name: 'Account of Bob', currency: 'usd', owner_email: 'bob@example.org' })
];
await make(holdfast, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
let ada: Person;
let bob: Person;
let bobsMessage = '';

beforeAll(async () => {
  await invited(holdfast, 'owner@example.org', 'owner');
  ada = await invited(holdfast, 'ada@example.org', 'customer');
  bob = await invited(holdfast, 'bob@example.org', 'customer');
  bobsMessage = await pay(bobsAccount.id, 123_456);
  await settledMessages(holdfast, 'stripe');
});

const pay = (accountId: number, amount: number) =>
  accepted(holdfast, 'stripe', signedByStripe(stripePayment({ accountId, amount }).succeeded(), SECRET));
const stream = (person: Person, topics: string) =>
  read(holdfast.url, `topics=${topics}`, { headers: { cookie: person.cookie() } });

describe('a customer', () => {
  test('sees their account on their page, and nobody else’s', async () => {
    const page = await ada.get('/account');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Account of Ada');
    expect(page.text).not.toContain('Bob');
    const other = await ada.get(`/account?id=${bobsAccount.id}`);
    expect(other.text).toContain('Account of Ada');
    expect(other.text).not.toMatch(/Bob|1,234\.56|123456/);
    expect((await bob.get('/account')).text).toMatch(/1,234\.56/);
  });

  test('is led from every other page to their own, the data of the page included', async () => {
    const paths = [
      ...['/inbox', `/inbox/${bobsMessage}`, '/accounts', `/accounts/${bobsAccount.id}`, `/accounts/${adasAccount.id}`],
      ...[
        '/sources',
        '/sources/stripe',
        '/sources/new',
        '/destinations',
        '/pull-requests',
        '/settings',
        '/settings/users'
      ],
      ...['/settings/keys', '/settings/audit']
    ];
    for (const path of paths) {
      const page = await ada.get(path);
      expect({ path, status: page.status, to: page.headers.get('location') }).toEqual({
        path,
        status: 303,
        to: '/account'
      });
      const data = await ada.get(`${path}/__data.json`);
      expect(data.body, path).toEqual({ type: 'redirect', location: '/account' });
    }
  });

  test('reads their account by the API, and gets the same answer for another’s and for none', async () => {
    expect(await ada.get(`/api/v1/accounts/${adasAccount.id}`)).toMatchObject({
      status: 200,
      body: { name: 'Account of Ada' }
    });
    const others = await ada.get(`/api/v1/accounts/${bobsAccount.id}`);
    expect(others).toMatchObject({ status: 403, body: { error: 'forbidden' } });
    expect(await ada.get('/api/v1/accounts/999999')).toMatchObject({ status: 403, text: others.text });
    for (const path of [
      'accounts',
      'messages',
      `messages/${bobsMessage}`,
      `messages/${bobsMessage}/body`,
      'sources',
      'users',
      'keys'
    ]) {
      expect(await ada.get(`/api/v1/${path}`), path).toMatchObject({ status: 403, body: { error: 'forbidden' } });
    }
  });

  test('is told of their own payments on the stream, and of nothing else', async () => {
    const [mine, his] = [
      await stream(ada, `account:${adasAccount.id}`),
      await stream(bob, `account:${bobsAccount.id}`)
    ];
    await pay(bobsAccount.id, 50);
    await pay(adasAccount.id, 75);
    await until(() => mine.of('account').some(({ data }) => data['balance'] === 75));
    await until(() => his.of('account').some(({ data }) => data['balance'] === 123_506));
    expect(mine.frames.map(({ event }) => event).filter((event) => !/^(account|ready|hello)$/.test(event))).toEqual([]);
    expect(mine.text()).not.toContain('Bob');
    const others = ['inbox', 'pull-requests', `account:${bobsAccount.id}`, 'account:999999', `message:${bobsMessage}`];
    for (const topic of [...others, `account:${adasAccount.id},inbox`]) {
      expect((await stream(ada, topic)).status, topic).toBe(403);
    }
  });

  test('is told no more when the account is given to somebody else', async () => {
    const account = await make(holdfast, '/accounts', {
      name: 'Lent',
      currency: 'usd',
      owner_email: 'ada@example.org'
    });
    const reader = await stream(ada, `account:${account.id}`);
    await holdfast.api(`/accounts/${account.id}`, { method: 'PATCH', body: { owner_email: 'bob@example.org' } });
    await until(reader.isEnded, { patienceMs: CUT_WITHIN_MS });
    expect((await stream(ada, `account:${account.id}`)).status).toBe(403);
    expect((await stream(bob, `account:${account.id}`)).status).toBe(200);
  });
});

describe('a session that ends', () => {
  /** One ends at a time is all the more waiting: they end side by side. */
  const ENDINGS: Record<string, (person: Person, id: number) => Promise<unknown>> = {
    'by its time': (_, id) =>
      database.web`update sessions set expires_at = now() - interval '1 second' where user_id = ${id}`,
    'by its absolute time': (_, id) =>
      database.web`update sessions set absolute_expires_at = now() where user_id = ${id}`,
    'by signing out': (person) => person.submit('/logout'),
    'because the user is disabled': (_, id) => change(id, { disabled: true }),
    'because the role changes': (_, id) => change(id, { role: 'customer' }),
    'because the user is deleted': (_, id) => holdfast.api(`/users/${id}`, { method: 'DELETE' })
  };
  const change = (id: number, body: object) => holdfast.api(`/users/${id}`, { method: 'PATCH', body });

  async function open(how: string) {
    const email = `${how.replaceAll(' ', '-')}@example.org`;
    const person = await invited(holdfast, email, 'viewer');
    const [row] = await database.web<{ id: number }[]>`select id from users where email = ${email}`;
    expect((await person.get('/inbox')).status).toBe(200);
    const readers = [await stream(person, 'inbox'), await stream(person, 'pull-requests')];
    return { how, person, id: row!.id, readers, cookie: person.cookie() };
  }

  test(`cuts its streams within five seconds, and opens nothing: ${Object.keys(ENDINGS).join(', ')}`, async () => {
    const sessions = await Promise.all(Object.keys(ENDINGS).map(open));
    await Promise.all(sessions.map(({ how, person, id }) => ENDINGS[how]!(person, id)));
    const left = () =>
      sessions.filter(({ readers }) => !readers.every((reader) => reader.isEnded())).map(({ how }) => how);
    await until(() => left().length === 0, { patienceMs: CUT_WITHIN_MS, failure: () => `Not cut: ${left().join()}` });

    await accepted(holdfast, 'stripe', signedByStripe(stripePayment({}).succeeded(), SECRET));
    for (const { how, readers, cookie } of sessions) {
      expect(
        readers.flatMap((reader) => reader.of('message')),
        how
      ).toEqual([]);
      // What a thief has copied is worth nothing either.
      const page = await send(holdfast, '/inbox', { headers: { cookie } });
      expect(page.headers.get('location'), how).toMatch(/^\/(login|account)/);
      const messages = await send(holdfast, '/api/v1/messages', { headers: { cookie } });
      expect([401, 403], how).toContain(messages.status);
    }
  });

  test('leaves the others of its user alone', async () => {
    const [one, two] = [await signIn(holdfast, 'bob@example.org'), await signIn(holdfast, 'bob@example.org')];
    const readers = [await stream(one, `account:${bobsAccount.id}`), await stream(two, `account:${bobsAccount.id}`)];
    await one.submit('/logout');
    await until(() => readers[0]!.isEnded(), { patienceMs: CUT_WITHIN_MS });
    expect(readers[1]!.isEnded()).toBe(false);
    expect((await two.get('/account')).status).toBe(200);
  });
});

test('a session is another one after each sign-in, and never one that was brought along', async () => {
  const person = await signIn(holdfast, 'ada@example.org');
  const before = person.cookie();
  await person.submit('/login', { email: 'ada@example.org', password: PASSWORD });
  expect(person.cookie()).not.toBe(before);
  expect((await send(holdfast, '/account', { headers: { cookie: before } })).headers.get('location')).toMatch(
    /^\/login/
  );
  const stored = await database.web<{ id: string }[]>`select id from sessions`;
  const value = person.cookie().split('=')[1]!;
  expect(stored.map((session) => session.id)).not.toContain(value);
});

test('without an owner /setup makes one by the token that was printed, once', async () => {
  const fresh = await startHoldfast();
  onTestFinished(async () => expect(await fresh.stop()).toBe(0));
  const token = /\/setup\?token=([\w-]+)/.exec(fresh.output())![1]!;
  const person = newPerson(fresh);
  expect((await person.get('/')).headers.get('location')).toBe('/setup');
  expect((await person.get('/login')).headers.get('location')).toBe('/setup');
  const form = { email: 'first@example.org', password: PASSWORD };
  expect((await person.submit('/setup', { ...form, token: 'guessed' })).status).toBe(400);
  expect((await person.submit('/setup', { ...form, token, password: 'short' })).status).toBe(400);
  expect((await person.submit('/setup', { ...form, token })).status).toBe(303);
  expect((await person.get('/settings/users')).status).toBe(200);
  const second = newPerson(fresh);
  const late = await second.submit('/setup', { ...form, email: 'second@example.org', token });
  expect(late.headers.get('location')).toBe('/login');
  expect(second.cookie()).toBe('');
  expect(await fresh.api('/users')).toMatchObject({ body: { data: [{ email: 'first@example.org', role: 'owner' }] } });
  expect((await second.get('/setup')).headers.get('location')).toBe('/login');
});
