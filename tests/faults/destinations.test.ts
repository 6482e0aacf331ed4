// Destinations that misbehave in every way: each attempt says what happened, stops in its time, and harms no neighbour.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attempt, DeliveryDetail } from '#lib/inbox/types.ts';
import { makeCertificate } from '../support/certificate.ts';
import { testDatabase } from '../support/database.ts';
import { freePort, startHoldfast } from '../support/holdfast.ts';
import { BINARY, GZIP_BOMB, MISBEHAVIOURS, startMisbehaving } from '../support/misbehaving.ts';
import { accepted, deliveryOf, make, messageOf, post } from '../support/outside.ts';
import { until } from '../support/until.ts';

const YEAR_MS = 365 * 86_400_000;
const NAME = 'hooks.example.org';
const trusted = makeCertificate(NAME, new Date(Date.now() + YEAR_MS));
const expired = makeCertificate(NAME, new Date(Date.now() - 86_400_000));

const plain = await startMisbehaving();
const secure = await startMisbehaving(trusted);
const outdated = await startMisbehaving(expired);
const closedPort = await freePort();
const database = await testDatabase();
const holdfast = await startHoldfast({
  databaseUrl: database.url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' }
});
afterAll(() => holdfast.stop());

const inPlain = (path: string) => `http://127.0.0.1:${plain.port}/${path}`;
const inTls = (path: string, { port } = secure) => `https://127.0.0.1:${port}/${path}`;

interface Case {
  url: string;
  options?: Record<string, unknown>;
  attempt: Partial<Record<keyof Attempt, unknown>>;
  status?: DeliveryDetail['status'];
}
const words = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const like = (fields: object): unknown => expect.objectContaining(fields);
const answered = (status: number, error: unknown, response: object = {}) => ({
  ...{ outcome: 'response', status_code: status, error },
  detail: like({ response: like({ status, ...response }) })
});
const failed = (outcome: string, error: RegExp) => ({ outcome, status_code: null, error: words(error) });
const brief = { timeout_seconds: 1 };
const pinned = { ca: trusted.cert, server_name: NAME };

const CASES: Record<string, Case> = {
  hang: {
    ...{ url: inPlain('hang'), options: brief },
    attempt: failed('timeout', /within 1000 ms: the request was sent, and no answer had begun\.$/)
  },
  'slow headers': {
    ...{ url: inPlain('slow-headers'), options: brief },
    attempt: failed('timeout', /no answer had begun\.$/)
  },
  drip: {
    ...{ url: inPlain('drip'), options: brief },
    attempt: {
      ...failed('timeout', /it answered 200, and its body had not ended after \d+ bytes\.$/),
      detail: like({ response: like({ status: 200, body: words(/^x+$/), truncated: false }) })
    }
  },
  reset: { url: inPlain('reset'), attempt: failed('error', /^The connection was reset \(.*ECONNRESET/) },
  'hang up': { url: inPlain('hang-up'), attempt: failed('error', /^The connection was closed without a whole answer/) },
  refused: {
    url: `http://127.0.0.1:${closedPort}/`,
    attempt: failed('error', /^Nothing listens there: the connection was refused \(.*ECONNREFUSED/)
  },
  'unknown name': {
    url: 'http://nowhere.invalid/',
    attempt: failed('error', /^(?:There is no such name in DNS|DNS did not answer) \(.*nowhere\.invalid/)
  },
  'slow and fine': { url: inPlain('slow-and-fine'), attempt: answered(200, null, { body: 'hello' }) },
  'never ends': {
    url: inPlain('never-ends'),
    attempt: answered(200, null, { size: 65_536, truncated: true })
  },
  'closes within the body': {
    url: inPlain('half-an-answer'),
    attempt: {
      ...failed('error', /^The connection was closed without a whole answer, within its answer 200 after 3 bytes/),
      detail: like({ response: like({ status: 200, body: '123' }) })
    }
  },
  'closes within the head': { url: inPlain('half-a-head'), attempt: failed('error', /^\w.*closed/) },
  garbage: { url: inPlain('garbage'), attempt: failed('error', /^It does not answer in HTTP \(/) },
  'huge headers': { url: inPlain('huge-headers'), attempt: failed('error', /^The head of its answer is too large \(/) },
  '429': {
    ...{ url: inPlain('429'), options: { retry: { schedule_seconds: [1] } }, status: 'pending' },
    attempt: answered(429, 'The destination answered 429.', { body: 'slow down' })
  },
  '503': {
    ...{ url: inPlain('503'), options: { retry: { schedule_seconds: [1] } }, status: 'pending' },
    attempt: answered(503, 'The destination answered 503.')
  },
  '301': { url: inPlain('301'), attempt: answered(301, words(/redirects are not followed/)) },
  '410': {
    ...{ url: inPlain('410'), options: { retry: { schedule_seconds: [1, 1] } } },
    attempt: answered(410, words(/it is gone, and wants no more tries/))
  },
  'gzip bomb': {
    url: inPlain('gzip-bomb'),
    attempt: answered(200, null, {
      ...{ body: GZIP_BOMB.subarray(0, 65_536).toString('base64'), body_encoding: 'base64' },
      size: Math.min(GZIP_BOMB.length, 65_536)
    })
  },
  binary: {
    url: inPlain('binary'),
    attempt: answered(200, null, { body: BINARY.toString('base64'), body_encoding: 'base64', size: BINARY.length })
  },
  '100 continue': { url: inPlain('continue'), attempt: failed('error', /^It answered 100 Continue/) },
  'early hints': {
    url: inPlain('early-hints'),
    attempt: answered(200, null, {
      body: 'real',
      headers: [
        ['x-Real', 'yes'],
        ['content-length', '4']
      ]
    })
  },
  'headers in order': {
    url: inPlain('repeated-headers'),
    attempt: answered(200, null, {
      headers: [
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['X-Case', 'Kept'],
        ['content-length', '0']
      ]
    })
  },
  'an expired certificate': {
    ...{ url: inTls('fine', outdated), options: { tls: { ca: expired.cert, server_name: NAME } } },
    attempt: failed('error', /^Its certificate has expired \(/)
  },
  'a self-signed certificate': {
    ...{ url: inTls('fine'), options: { tls: { server_name: NAME } } },
    attempt: failed('error', /self-signed certificate that nobody vouches for \(.*\)\. Give its authority under TLS/)
  },
  'the certificate of another host': {
    ...{ url: inTls('fine'), options: { tls: { ...pinned, server_name: 'other.example.org' } } },
    attempt: failed('error', /^Its certificate is for another name \(.*other\.example\.org/)
  },
  'an authority of its own': {
    ...{ url: inTls('fine'), options: { tls: pinned } },
    attempt: answered(200, null, { body: 'ok' })
  },
  'any certificate, by choice': {
    ...{ url: inTls('fine', outdated), options: { tls: { verify: false, insecure: true } } },
    attempt: answered(200, null, { body: 'ok' })
  },
  'no TLS behind https': { url: inTls('hang', plain), options: brief, attempt: failed('timeout', /no connection yet/) },
  'TLS behind http': { url: `http://127.0.0.1:${secure.port}/fine`, attempt: failed('error', /^\w/) }
};

const found: Record<string, DeliveryDetail> = {};
const HEALTHY = 100;

/** One message to all of them at once, and one destination that hangs for as long as it may. */
beforeAll(async () => {
  await make(holdfast, '/sources', { slug: 'many', provider: 'none' });
  await make(holdfast, '/sources', { slug: 'stuck', provider: 'none' });
  await make(holdfast, '/sources', { slug: 'healthy', provider: 'none' });
  const connect = async (source: string, destination: object) => {
    const { id } = await make(holdfast, '/destinations', { retry: { schedule_seconds: [] }, ...destination });
    await make(holdfast, '/connections', { source, destination: id });
  };
  for (const [name, { url, options = {} }] of Object.entries(CASES)) await connect('many', { name, url, ...options });
  await connect('stuck', { name: 'stuck', url: inPlain('hang'), timeout_seconds: 120 });
  await connect('healthy', { name: 'healthy', url: inPlain('fine') });
  for (let n = 0; n < HEALTHY; n += 1) await post(holdfast, 'stuck', { body: '{}' });
  const message = await accepted(holdfast, 'many', {
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' }
  });
  await until(
    async () => (await messageOf(holdfast, message)).deliveries.every(({ attempt_count: tries }) => tries > 0),
    {
      patienceMs: 60_000
    }
  );
  for (const { id, destination } of (await messageOf(holdfast, message)).deliveries) {
    found[destination.name] = await deliveryOf(holdfast, id);
  }
});

test('every misbehaviour is among the cases', () => {
  const paths = new Set(Object.values(CASES).map(({ url }) => new URL(url).pathname.slice(1)));
  expect(Object.keys(MISBEHAVIOURS).filter((path) => !paths.has(path))).toEqual([]);
});

describe.each(Object.entries(CASES))('%s', (name, { attempt, status }) => {
  test('the attempt says so', () => {
    expect(found[name]?.attempts).toEqual([expect.objectContaining(attempt)]);
    expect(found[name]?.status).toBe(status ?? (attempt.error === null ? 'succeeded' : 'failed'));
  });

  test('and how long each phase took', () => {
    const [{ detail, duration_ms: duration } = { detail: null, duration_ms: -1 }] = found[name]?.attempts ?? [];
    const timings = detail?.['timings'] as Record<string, number | boolean | null>;
    expect(timings['total_ms']).toBeCloseTo(duration, 0);
    const { sent_ms: sent, reused, connect_ms: connected } = timings;
    // Whoever sent something had a connection.
    if (sent !== null) expect(reused).toBe(connected === null);
    expect(Object.values(timings).every((value) => typeof value !== 'number' || value >= 0)).toBe(true);
  });
});

test.each([
  ['429', 30],
  ['503', 45]
])('the Retry-After of a %s is kept to', (name, seconds) => {
  const { next_attempt_at: next, attempts } = found[name]!;
  const pause = (Date.parse(next!) - Date.parse(attempts[0]!.started_at)) / 1000;
  expect(pause).toBeGreaterThanOrEqual(seconds);
  expect(pause).toBeLessThan(seconds * 1.1 + 5);
});

test('nothing was asked for twice, and no redirect was followed', () => {
  expect(plain.asked.filter((path) => path === 'moved' || path === 'a')).toEqual([]);
  const once = Object.keys(MISBEHAVIOURS).filter((path) => !['hang', 'fine'].includes(path));
  for (const path of once)
    expect(
      plain.asked.filter((one) => one === path),
      path
    ).toHaveLength(1);
});

test(`with ${HEALTHY} deliveries stuck at the same server, a healthy destination gets all of its own`, async () => {
  const before = plain.asked.filter((path) => path === 'fine').length;
  const messages = await Promise.all(
    Array.from({ length: HEALTHY }, () => accepted(holdfast, 'healthy', { body: '{}', headers: {} }))
  );
  await until(() => plain.asked.filter((path) => path === 'fine').length === before + HEALTHY);
  for (const id of messages) await until(async () => (await messageOf(holdfast, id)).status === 'succeeded');
  const stuck = await holdfast.api('/messages?source=stuck&status=pending&limit=200');
  expect((stuck.body as { data: unknown[] }).data).toHaveLength(HEALTHY);
});
