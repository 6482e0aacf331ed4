// Signing in as strangers try it: forged forms, stolen looks, guessed passwords; and what the cookie is like.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { freePort, startHoldfast } from '../support/holdfast.ts';
import { make, send } from '../support/outside.ts';
import { invited, newPerson, PASSWORD, signIn, type Person } from '../support/people.ts';

const OWNER = { ADMIN_EMAIL: 'Owner@Example.org', ADMIN_PASSWORD: PASSWORD };

const database = await testDatabase();
// Each test comes from an address of its own: the limits of one are not the other's.
const env = { ...OWNER, TRUSTED_PROXIES: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());
let owner: Person;
beforeAll(async () => {
  owner = await signIn(holdfast, 'owner@example.org');
});

describe('the cookie', () => {
  test('is HttpOnly and SameSite, and not Secure where there is no https', () => {
    expect(owner.setCookie()).toMatch(/^holdfast_session=\w{40}; /);
    expect(owner.setCookie()).toMatch(/; HttpOnly/);
    expect(owner.setCookie()).toMatch(/; SameSite=Lax/);
    expect(owner.setCookie()).toMatch(/; Path=\//);
    expect(owner.setCookie()).not.toMatch(/; Secure|Domain/);
  });

  test('is Secure and of this host only where people come by https', async () => {
    const PUBLIC_URL = 'https://hooks.example.org';
    const secure = await startHoldfast({
      databaseUrl: database.url,
      env: { ...OWNER, PUBLIC_URL, PORT: await freePort() }
    });
    try {
      const person = newPerson(secure);
      const form = { email: 'owner@example.org', password: PASSWORD };
      expect((await person.submit('/login', form)).status).toBe(403);
      expect((await person.submit('/login', form, { origin: PUBLIC_URL })).status).toBe(303);
      expect(person.setCookie()).toMatch(/^__Host-holdfast_session=/);
      for (const part of ['; Secure', '; HttpOnly', '; SameSite=Lax', '; Path=/'])
        expect(person.setCookie()).toContain(part);
      expect((await person.get('/inbox')).status).toBe(200);
    } finally {
      await secure.stop();
    }
  });

  test('is taken away by signing out', async () => {
    const person = await signIn(holdfast, 'owner@example.org');
    await person.submit('/logout');
    expect(person.cookie()).toBe('');
    expect(person.setCookie()).toMatch(/^holdfast_session=; .*(Expires=Thu, 01 Jan 1970|Max-Age=0)/);
  });
});

describe('a form from elsewhere is refused, and changes nothing', () => {
  const forged: [string, Record<string, string>][] = [
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site, in an old browser', { origin: 'https://evil.example', 'sec-fetch-site': '' }],
    ['another host of the same domain', { 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a site that says nothing of itself', { origin: '', 'sec-fetch-site': '' }],
    ['a port beside', { origin: 'http://127.0.0.1:1' }]
  ];
  const FORMS: [string, Record<string, string>][] = [
    ['/accounts?/create', { name: 'Forged', currency: 'usd' }],
    ['/sources/new', { provider: 'none', name: 'Forged' }],
    ['/settings/keys?/create', { name: 'Forged', role: 'owner' }],
    ['/settings/users?/invite', { email: 'forged@example.org', role: 'owner' }],
    ['/destinations?/create', { name: 'Forged', url: 'https://evil.example' }],
    ['/login', { email: 'owner@example.org', password: PASSWORD }],
    ['/logout', {}],
    ['/theme', { theme: 'dark' }]
  ];

  test.each(forged)('%s', async (_name, headers) => {
    for (const [path, fields] of FORMS) {
      const given = Object.fromEntries(
        Object.entries({ 'sec-fetch-site': 'same-origin', ...headers }).filter(([, value]) => value !== '')
      );
      const body = new URLSearchParams(fields).toString();
      for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
        const asked = { cookie: owner.cookie(), 'content-type': type, ...withOrigin(headers), ...given };
        const answer = await send(holdfast, path, { method: 'POST', body, headers: withoutEmpty(asked) });
        expect(answer.status, `${path} as ${type}`).toBe(403);
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
    const written = await database.web`
      select from accounts where name = 'Forged' union all select from sources where name = 'Forged'
      union all select from api_keys union all select from users where email = 'forged@example.org'
      union all select from destinations where name = 'Forged'`;
    expect(written).toHaveLength(0);
    expect((await owner.get('/inbox')).status).toBe(200);
  });

  const withOrigin = (headers: Record<string, string>) => ('origin' in headers ? {} : { origin: holdfast.url });
  const withoutEmpty = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));

  test('the same from a page of ours is done', async () => {
    expect(
      (await owner.submit('/accounts?/create', { name: 'Real', currency: 'usd', owner_email: '', stripe_customer: '' }))
        .status
    ).toBeLessThan(400);
    expect(await database.web`select from accounts where name = 'Real'`).toHaveLength(1);
  });

  test('and so by the API with a cookie: only from here', async () => {
    const body = JSON.stringify({ name: 'By cookie', currency: 'usd' });
    const headers = { cookie: owner.cookie(), 'content-type': 'application/json' };
    const from = (origin: string) =>
      send(holdfast, '/api/v1/accounts', { method: 'POST', body, headers: { ...headers, origin } });
    expect(await from('https://evil.example')).toMatchObject({ status: 403, body: { error: 'forbidden' } });
    expect((await from(holdfast.url)).status).toBe(201);
  });
});

describe('signing in', () => {
  const attempt = (fields: Record<string, string>, from: string) =>
    newPerson(holdfast).submit('/login', fields, { 'x-forwarded-for': from });

  test('says the same whether the user is there or not, and takes as long', async () => {
    const timed = async (email: string, from: string) => {
      const started = performance.now();
      const { status, text } = await attempt({ email, password: 'wrong' }, from);
      const words = text.replaceAll(email, '').replaceAll(/nonce="[^"]*"/g, '');
      return { status, words, ms: performance.now() - started };
    };
    const [known, unknown]: Awaited<ReturnType<typeof timed>>[][] = [[], []];
    for (let n = 1; n <= 4; n += 1) {
      known!.push(await timed('owner@example.org', '198.51.100.1'));
      unknown!.push(await timed('nobody@example.org', '198.51.100.2'));
    }
    for (const { status, words } of [...known!, ...unknown!])
      expect({ status, words }).toEqual({ status: 400, words: known![0]!.words });
    // A password is hashed for both; that takes many times what the rest does.
    const quickest = (tries: { ms: number }[]) => Math.min(...tries.map(({ ms }) => ms));
    expect(quickest(unknown!)).toBeGreaterThan(quickest(known!) / 3);
  });

  test('is limited for one email address, wherever the guesses come from, in words and with 429', async () => {
    await invited(holdfast, 'guessed@example.org', 'viewer');
    const statuses: number[] = [];
    for (let n = 1; n <= 12; n += 1) {
      statuses.push(
        (await attempt({ email: 'guessed@example.org', password: `guess ${n}` }, `198.51.100.${n + 10}`)).status
      );
    }
    expect(statuses.slice(0, 5)).toEqual([400, 400, 400, 400, 400]);
    expect(statuses.at(-1)).toBe(429);
    const right = await attempt({ email: 'guessed@example.org', password: PASSWORD }, '198.51.100.99');
    expect(right.status).toBe(429);
    expect(right.text).toMatch(/Too many attempts\. Try again in \d+ seconds/);
  });

  test('is limited for one address, whatever it guesses', async () => {
    let limitedAt = 0;
    for (let n = 1; n <= 40 && limitedAt === 0; n += 1) {
      const { status } = await attempt({ email: `user${n}@example.org`, password: 'x' }, '203.0.113.50');
      if (status === 429) limitedAt = n;
    }
    expect(limitedAt).toBeGreaterThan(5);
    expect((await attempt({ email: 'owner@example.org', password: PASSWORD }, '203.0.113.51')).status).toBe(303);
  });

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', '/inbox?a=b'])(
    'goes on to %s only if that is a page of ours',
    async (to) => {
      const answer = await attempt(
        { email: 'owner@example.org', password: PASSWORD, to },
        `203.0.113.${60 + to.length}`
      );
      expect(answer).toMatchObject({ status: 303 });
      expect(answer.headers.get('location')).toBe(to.startsWith('/inbox') ? to : '/');
    }
  );
});

test('a one-time link is good once, and an older one not at all', async () => {
  const { id, link } = await make<{ id: number; link: string }>(holdfast, '/users', {
    email: 'linked@example.org',
    role: 'viewer'
  });
  const { link: newer } = await make<{ link: string }>(holdfast, `/users/${id}/link`, {});
  const use = (url: string) => newPerson(holdfast).submit(new URL(url).pathname, { password: PASSWORD });
  expect((await use(link)).status).toBe(410);
  expect((await use(newer)).status).toBe(303);
  expect((await use(newer)).status).toBe(410);
  const stored = await database.web<{ row: string }[]>`select l::text as row from password_links l`;
  expect(JSON.stringify(stored)).not.toContain(new URL(newer).pathname.split('/').at(-1)!);
});
