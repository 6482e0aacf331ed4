// Jobs on servers: handlers that say "already applied", a connection that is back-filled, a source whose secret came
// late, and a node that is killed in the middle.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobItem, JobRecord } from '#lib/inbox/jobs.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, accountOf, make, messageOf, post, settledMessages } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_of_the_shop';
const database = await testDatabase();
let one: Holdfast;
let other: Holdfast;
/** Paths that answer 500, and that answer nothing. */
const broken = new Set<string>();
const silent = new Set<string>();
const receiver = await startReceiver(({ url }, response) => {
  if (!silent.has(url)) response.writeHead(broken.has(url) ? 500 : 200).end();
});

beforeAll(async () => {
  const env = { API_KEY: 'key_of_both_nodes', ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' };
  one = await startHoldfast({ databaseUrl: database.url, env });
  other = await startHoldfast({ databaseUrl: database.url, env });
});
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
});

const job = async (id: number): Promise<JobRecord> => (await other.api(`/jobs/${id}`)).body as JobRecord;

async function makeJob(body: object): Promise<number> {
  const answer = await one.api('/jobs', { method: 'POST', body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return (answer.body as JobRecord).id;
}

async function jobWhen(id: number, condition: (job: JobRecord) => boolean): Promise<JobRecord> {
  await until(async () => condition(await job(id)), {
    patienceMs: 20_000,
    failure: async () => JSON.stringify(await job(id))
  });
  return job(id);
}

const done = (id: number) => jobWhen(id, ({ state }) => state === 'done');

async function itemsOf(id: number): Promise<JobItem[]> {
  const answer = await one.api(`/jobs/${id}/items?limit=500`);
  return (answer.body as { data: JobItem[] }).data;
}

/** A source that verifies nothing, with so many messages. */
async function filledSource(slug: string, count: number): Promise<string[]> {
  await make(one, '/sources', { slug, provider: 'none' });
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const body = JSON.stringify({ n, key: randomUUID() });
    ids.push(await accepted(one, slug, { body, headers: { 'content-type': 'application/json' } }));
  }
  return ids;
}

test('what handlers had applied before is said as such, and applied no second time', async () => {
  await make(one, '/sources', { slug: 'paid', provider: 'stripe', secrets: [SECRET] });
  const { id: accountId } = await make(one, '/accounts', { name: 'Ada', currency: 'usd' });
  const late = stripePayment({ accountId: accountId + 1, amount: 70 }).succeeded();
  const messages = [];
  for (const amount of [10, 20]) {
    messages.push(
      await accepted(one, 'paid', signedByStripe(stripePayment({ accountId, amount }).succeeded(), SECRET))
    );
  }
  const failed = await accepted(one, 'paid', signedByStripe(late, SECRET));
  await settledMessages(one, 'paid');
  expect(await messageOf(one, failed)).toMatchObject({ status: 'failed' });
  await make(one, '/accounts', { name: 'Eve', currency: 'usd' });

  const id = await makeJob({ kind: 'redeliver', selection: [...messages, failed], dry_run: true });
  expect(await jobWhen(id, ({ state }) => state === 'ready')).toMatchObject({
    preview: { sample: [{ outcome: 'already_applied' }, { outcome: 'already_applied' }, { outcome: 'applied' }] }
  });
  expect(await accountOf(one, accountId + 1)).toMatchObject({ balance: 0 });
  expect(await other.api(`/jobs/${id}/start`, { method: 'POST' })).toMatchObject({ status: 200 });
  expect(await done(id)).toMatchObject({
    results: { already_applied: 2, succeeded: 1, failed: 0, refused: 0 },
    verdicts: { still_passing: 2, fixed: 1 }
  });
  expect(await accountOf(one, accountId)).toMatchObject({ balance: 30 });
  expect(await accountOf(one, accountId + 1)).toMatchObject({ balance: 70 });
});

test('a new connection is back-filled: what it would have taken, once, however often it is asked for', async () => {
  const ids = await filledSource('older', 40);
  const skipped = await accepted(one, 'older', { body: 'not json', headers: {} });
  const { id: destination } = await make(one, '/destinations', { name: 'older', url: `${receiver.url}/older` });
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const made = await make<{ id: number; backfill_job: number }>(one, '/connections', {
    ...{ source: 'older', destination, backfill: { since } },
    filter: { conditions: [{ field: 'json:n', test: 'above', value: -1 }] }
  });
  expect(await done(made.backfill_job)).toMatchObject({
    ...{ kind: 'backfill', total: 40, destination: { name: 'older' } },
    ...{ results: { succeeded: 40, refused: 0 }, verdicts: { new: 40 } }
  });
  expect(new Set(receiver.at('/older').map(({ headers }) => headers['holdfast-message-id']))).toEqual(new Set(ids));
  expect(receiver.at('/older')).toHaveLength(40);
  expect(await messageOf(one, skipped)).toMatchObject({ deliveries: [] });

  const again = await makeJob({ kind: 'backfill', filter: { source: 'older', since }, destination });
  expect(await done(again)).toMatchObject({ total: 0, results: { succeeded: 0 } });
  expect(receiver.at('/older')).toHaveLength(40);
  const unconnected = { kind: 'backfill', filter: { source: 'paid' }, destination };
  expect(await one.api('/jobs', { method: 'POST', body: unconnected })).toMatchObject({ status: 409 });
});

test('the invalid messages of a source are verified again once it has the right secret', async () => {
  const { id: sourceId } = await make(one, '/sources', { slug: 'late', provider: 'stripe', secrets: ['whsec_wrong'] });
  const { id: accountId } = await make(one, '/accounts', { name: 'Ida', currency: 'usd' });
  const twice = stripePayment({ accountId, amount: 500 }).succeeded();
  for (const event of [twice, stripePayment({ accountId, amount: 1 }).succeeded(), twice]) {
    expect(await post(one, 'late', signedByStripe(event, SECRET))).toMatchObject({ status: 401 });
  }
  expect(await post(one, 'late', signedByStripe(twice, 'whsec_of_nobody'))).toMatchObject({ status: 401 });
  await make(one, `/sources/${sourceId}/secrets`, { value: SECRET, label: 'second' });

  const id = await makeJob({ kind: 'reverify', filter: { source: 'late' }, dry_run: true });
  expect(await jobWhen(id, ({ state }) => state === 'ready')).toMatchObject({
    ...{ total: 4, filter: { source: 'late', verification: 'invalid' } },
    preview: { destinations: [{ name: 'stripe-balance', count: 3 }], refused: [{ reason: 'still_invalid', count: 1 }] }
  });
  await one.api(`/jobs/${id}/start`, { method: 'POST' });
  expect(await done(id)).toMatchObject({
    results: { succeeded: 3, failed: 1 },
    verdicts: { fixed: 3, still_failing: 1 }
  });
  expect((await itemsOf(id)).map(({ result }) => result)).toEqual(['succeeded', 'succeeded', 'succeeded', 'failed']);
  expect(await accountOf(one, accountId)).toMatchObject({ balance: 501 });
});

test('a node that is killed in the middle: another goes on, and nothing is queued twice', async () => {
  const ids = await filledSource('killed', 340);
  const { id: destination } = await make(one, '/destinations', {
    ...{ name: 'killed', url: `${receiver.url}/killed` },
    retry: { schedule_seconds: [] }
  });
  await make(one, '/connections', { source: 'killed', destination });
  broken.add('/killed');
  // Too few in a row for the destination to be held.
  const selection = ids.slice(0, 9);
  await done(await makeJob({ kind: 'redeliver', selection }));
  broken.delete('/killed');
  silent.add('/killed');

  const env = { API_KEY: 'key_of_both_nodes', ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' };
  await one.stop();
  await other.stop();
  const doomed = await startHoldfast({ databaseUrl: database.url, env });
  const answer = await doomed.api('/jobs', {
    method: 'POST',
    body: { kind: 'redeliver', filter: { source: 'killed' } }
  });
  const { id } = answer.body as JobRecord;
  await until(async () => (await database.web`select from job_items where job_id = ${id}`).length >= 300);
  await doomed.kill('SIGKILL');
  silent.delete('/killed');
  one = await startHoldfast({ databaseUrl: database.url, env });
  other = await startHoldfast({ databaseUrl: database.url, env });

  expect(await jobWhen(id, ({ state }) => state === 'done')).toMatchObject({
    ...{ total: 340, visited: 340, results: { succeeded: 340, failed: 0 } },
    verdicts: { fixed: 9, new: 331 }
  });
  const rows = await database.web<{ message_id: string; deliveries: number }[]>`
    select message_id, count(*)::int as deliveries from deliveries where destination_id = ${destination} group by 1`;
  expect(rows.map((row) => row.message_id).toSorted()).toEqual(ids.toSorted());
  expect(rows.every((row) => row.deliveries === 1)).toBe(true);
});
