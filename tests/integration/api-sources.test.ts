// The API of sources: created, changed, rotated, deleted; what is wrong is said in a sentence.

import { describe, expect, test } from 'vitest';
import { apiFor, keyOf, ORIGIN } from '../support/api-client.ts';
import { anyText, apiParts, auditOf, field, idOf, make, sentenceOf, textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const SECRET = 'whsec_a_secret_that_nobody_may_see';

describe('sources', () => {
  test('are created, connected to their handler, and never show a secret', async () => {
    const answer = await make(api, '/sources', { slug: 'stripe', provider: 'stripe', secrets: [SECRET] });
    expect(answer.json).toMatchObject({
      slug: 'stripe',
      name: 'stripe',
      provider: 'stripe',
      url: `${ORIGIN}/in/stripe`,
      options: {},
      secrets: [{ label: 'signing secret', expires_at: null }]
    });
    expect(answer.text).not.toContain(SECRET);
    // The door goes by it at once.
    const routed = await parts.routing.source('stripe');
    expect(routed?.secrets.map((secret) => secret.value)).toEqual([SECRET]);
    expect(routed?.connections).toMatchObject([{ handler: 'stripe-balance', filter: null }]);
    expect(await auditOf(database, 'source stripe')).toEqual([{ actor: 'key 1 admin key', action: 'source.created' }]);
    const stored = await sql`select ciphertext from source_secrets`;
    expect(JSON.stringify(stored)).not.toContain(SECRET);
  });

  test.each([
    [undefined, []],
    [[], []],
    ['one', ['one']],
    [
      ['one', ' two\n'],
      ['two', 'one']
    ],
    [
      [{ value: 'one' }, { label: 'new', value: 'two' }],
      ['two', 'one']
    ],
    [{ value: 'one' }, ['one']]
  ])('take secrets in every form: %j', async (secrets, values) => {
    const answer = await make(api, '/sources', { provider: 'github', secrets });
    const slug = String(field(answer, 'slug'));
    expect(slug).toMatch(/^github-[a-z2-7]{16}$/);
    expect((await parts.routing.source(slug))?.secrets.map((secret) => secret.value)).toEqual(values);
  });

  test('change, by id and by slug', async () => {
    const answer = await make(api, '/sources', {
      slug: 'shop',
      provider: 'shopify',
      options: { retention_days: 2, require: 'json' }
    });
    const change = { name: 'Shop', options: { require: null, allowed_methods: ['POST'] } };
    const changed = await api('PATCH', '/sources/shop', change);
    expect(changed.json).toMatchObject({ name: 'Shop', options: { retention_days: 2, allowed_methods: ['POST'] } });
    expect(changed.text).not.toContain('require');
    expect((await api('GET', `/sources/${idOf(answer)}`)).json).toEqual(changed.json);
    const renamed = await api('PATCH', `/sources/${idOf(answer)}`, { slug: 'shop-2' });
    expect(renamed.json).toMatchObject({ slug: 'shop-2', url: `${ORIGIN}/in/shop-2` });
    expect(await parts.routing.source('shop')).toBeNull();
    const github = await api('PATCH', '/sources/shop-2', { provider: 'github' });
    expect(github.json).toMatchObject({ provider: 'github' });
    expect((await parts.routing.source('shop-2'))?.connections).toMatchObject([{ handler: 'github-pull-requests' }]);
  });

  test('rotate: the old secrets stay good for a while, the API key is not touched', async () => {
    const key = { label: 'stripe-api-key', value: 'rk_1' };
    const answer = await make(api, '/sources', { slug: 'rotated', provider: 'stripe', secrets: ['old', key] });
    const path = `/sources/${idOf(answer)}/secrets`;
    const rotated = await make(api, path, { value: 'new', overlap_hours: 1 });
    expect(rotated.json).toMatchObject({
      secrets: [
        { label: 'signing secret', expires_at: null },
        { label: 'stripe-api-key', expires_at: null },
        { label: 'signing secret', expires_at: anyText }
      ]
    });
    const values = async () => (await parts.routing.source('rotated'))?.secrets.map((secret) => secret.value);
    expect(await values()).toEqual(['new', 'old']);
    await make(api, path, { value: 'newest', overlap_hours: 0 });
    expect(await values()).toEqual(['newest']);
    expect(parts.routing.apiKey(idOf(answer), 'stripe-api-key')).toBe('rk_1');
    const [secret] = await sql<{ id: number }[]>`select id from source_secrets order by id desc limit 1`;
    expect((await api('DELETE', `${path}/${secret?.id ?? 0}`)).status).toBe(204);
    expect((await api('DELETE', `${path}/${secret?.id ?? 0}`)).status).toBe(404);
    expect(await values()).toEqual([]);
    expect(JSON.stringify(await sql`select detail from audit_log`)).not.toMatch(/newest|rk_1/);
  });

  test('are deleted', async () => {
    const answer = await make(api, '/sources', { slug: 'gone', provider: 'none' });
    expect((await api('DELETE', `/sources/${idOf(answer)}`)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const again = await api(method, '/sources/gone', method === 'PATCH' ? {} : undefined);
      expect(again.status).toBe(404);
      expect(again.json).toEqual({ error: 'not_found', message: 'There is no source "gone".' });
    }
    expect(await parts.routing.source('gone')).toBeNull();
  });

  test.each([
    [{}, 'provider is missing.'],
    [{ provider: 'nope' }, 'provider is "nope": there is no such provider.'],
    [{ provider: 'none', slug: 'Upper' }, 'slug is "Upper": 1 to 63 lower-case letters'],
    [{ provider: 'none', slug: 'a'.repeat(64) }, '1 to 63 lower-case letters'],
    [{ provider: 'none', colour: 'red' }, 'colour is not known here.'],
    [{ provider: 'none', options: { colour: 'red' } }, 'options.colour is not known for the provider none. Known are '],
    [
      { provider: 'none', options: { retention_days: 0 } },
      'options.retention_days is 0: a whole number from 1 to 3650'
    ],
    [{ provider: 'none', options: { require: 'xml' } }, 'options.require is "xml": expected "json".'],
    [
      { provider: 'stripe', options: { tolerance_seconds: 'x' } },
      'options.tolerance_seconds is "x": a whole number above 0'
    ],
    [{ provider: 'none', options: { allowed_methods: [] } }, 'at least one method is needed'],
    [{ provider: 'none', options: { api_base_url: 'ftp://x' } }, 'a URL that starts with https:// or http://'],
    [{ provider: 'none', secrets: [''] }, 'secrets'],
    [{ provider: 'none', name: 'a\0b' }, 'U+0000'],
    [[], 'provider is missing.'],
    ['null', 'The request body is null'],
    ['{"provider":', 'The request body is not JSON'],
    ['{"provider":"none","__proto__":{"a":1}}', '__proto__ is not known here.']
  ])('refuse %j with a sentence', async (body, sentence) => {
    const answer = await api('POST', '/sources', body);
    expect(answer.status).toBe(400);
    expect(sentenceOf(answer)).toContain(sentence);
  });

  test('do not repeat a secret that is refused, and refuse a slug that is taken', async () => {
    const answer = await api('POST', '/sources', { provider: 'none', secrets: [{ value: SECRET, nope: SECRET }] });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(SECRET);
    const taken = await api('POST', '/sources', { provider: 'none', slug: 'stripe' });
    expect(taken.status).toBe(409);
    expect(taken.json).toMatchObject({ error: 'conflict', message: textWith('"stripe"') });
    expect((await api('PATCH', '/sources/shop-2', { slug: 'stripe' })).status).toBe(409);
  });
});
