// Jobs, with deliveries settled by hand: what is counted, what is sent, when it is over, and who goes on after a node
// that stood still.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { apiParts, auditOf, idOf, make, textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { itemsOf, jobNodes, jobOf, jobWhen, makeJob, settleQueued } from '../support/jobs.ts';
import { insertRow, type LogRow } from '../support/log-rows.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const { node, stopNodes } = jobNodes(parts);
let sourceId = 0;
let shop = 0;
let sequence = 0;

const insert = (given: Partial<LogRow> = {}) =>
  insertRow(sql, {
    ...{ at: Date.now() - 60_000, sequence: sequence++ % 4096, sourceId, body: Buffer.from('{}'), isJson: true },
    ...{ eventType: 'order.made', ...given }
  });
const delivered = (status: 'succeeded' | 'failed' | 'pending') => [{ destinationId: shop, status }];

beforeAll(async () => {
  sourceId = idOf(await make(api, '/sources', { slug: 'orders', provider: 'none' }));
  shop = idOf(await make(api, '/destinations', { name: 'Shop', url: 'https://shop.example' }));
  await make(api, '/connections', { source: 'orders', destination: shop });
});
afterEach(async () => {
  await stopNodes();
  await sql`delete from jobs`;
  await sql`truncate messages, delivery_queue, delivery_results, attempts`;
});

describe('a selection', () => {
  test('is counted and tried out first, sent when started, and each message gets its verdict', async () => {
    const failed = await insert({ deliveries: delivered('failed') });
    const passing = await insert({ deliveries: delivered('succeeded') });
    const fresh = await insert();
    const forged = await insert({ verification: 'invalid' });
    const selection = [failed.id, passing.id, fresh.id, forged.id];
    node();
    const id = await makeJob(api, { kind: 'redeliver', selection, dry_run: true });
    const ready = await jobWhen(api, id, ({ state }) => state === 'ready');
    expect(ready).toMatchObject({
      ...{ selected: 4, filter: null, total: 4, visited: 0, started_at: null, created_by: 'key 1 admin key' },
      preview: {
        destinations: [{ id: shop, name: 'Shop', count: 3 }],
        refused: [{ reason: 'not_received_valid', count: 1 }],
        sample: [{ message_id: failed.id, outcome: 'would_send' }, {}, {}]
      }
    });
    expect(await sql`select from delivery_queue`).toHaveLength(0);

    expect((await api('POST', `/jobs/${id}/start`)).status).toBe(200);
    await until(async () => (await sql`select from delivery_queue`).length === 3);
    expect(await jobOf(api, id)).toMatchObject({ state: 'running', visited: 4, results: { queued: 3, refused: 1 } });
    await settleQueued(sql, { status: 'failed', outcome: 'response', except: [failed.id] });
    await settleQueued(sql, { status: 'succeeded', outcome: 'already_applied' });
    expect(await jobWhen(api, id, ({ state }) => state === 'done')).toMatchObject({
      results: { queued: 0, retrying: 0, succeeded: 0, already_applied: 1, failed: 2, refused: 1 },
      verdicts: { fixed: 1, regressed: 1, still_failing: 0, still_passing: 0, new: 1 }
    });
    const items = await itemsOf(api, id);
    expect(items.map(({ message_id: messageId, result, verdict }) => [messageId, result, verdict])).toEqual([
      [failed.id, 'already_applied', 'fixed'],
      [passing.id, 'failed', 'regressed'],
      [fresh.id, 'failed', 'new'],
      [forged.id, 'refused', null]
    ]);
    expect(items[0]).toMatchObject({ delivery_id: failed.deliveryIds[0], status_before: 'failed' });
    expect(items[3]).toMatchObject({ destination: null, detail: textWith('received as invalid') });
    expect(await itemsOf(api, id, 'result=failed')).toHaveLength(2);
    expect(await auditOf(database, `job ${id}`)).toMatchObject([{ action: 'job.created' }, { action: 'job.started' }]);
  });

  test('still failing, still passing, and a delivery that is tried again meanwhile', async () => {
    const failed = await insert({ deliveries: delivered('failed') });
    const passing = await insert({ deliveries: delivered('succeeded') });
    node();
    const id = await makeJob(api, { kind: 'redeliver', selection: [failed.id, passing.id] });
    await jobWhen(api, id, ({ results }) => results.queued === 2);
    await sql`
      update delivery_queue set attempt_count = attempt_count + 1, last_error = 'Refused.', due_at = now() + interval '1 h'
       where message_id = ${failed.id}`;
    expect(await jobWhen(api, id, ({ results }) => results.retrying === 1)).toMatchObject({ state: 'running' });
    await settleQueued(sql, { status: 'succeeded', outcome: 'response', except: [failed.id] });
    await jobWhen(api, id, ({ verdicts }) => verdicts.still_passing === 1);
    await settleQueued(sql, { status: 'failed', outcome: 'response' });
    expect(await jobWhen(api, id, ({ state }) => state === 'done')).toMatchObject({
      ...{ results: { retrying: 0, failed: 1, succeeded: 1 }, verdicts: { still_failing: 1, still_passing: 1 } }
    });
  });
});

describe('a filter', () => {
  test('takes each message once, a few at a time, and none that comes meanwhile', async () => {
    const count = 750;
    for (let n = 0; n < count; n++) await insert({ at: Date.now() - 60_000 - Math.floor(n / 3) });
    await insert({ eventType: 'order.other' });
    node();
    const id = await makeJob(api, { kind: 'redeliver', filter: { source: 'orders', event_type: 'order.made' } });
    const sent: string[] = [];
    let most = 0;
    for (let state = ''; state !== 'done';) {
      most = Math.max(most, (await sql`select from delivery_queue`).length);
      sent.push(...(await settleQueued(sql, { status: 'succeeded', outcome: 'response' })));
      await insertRow(sql, {
        ...{ at: Date.now(), sequence: sequence++ % 4096, sourceId, body: Buffer.from('{}'), isJson: true },
        eventType: 'order.made'
      });
      ({ state } = await jobOf(api, id));
    }
    expect(sent).toHaveLength(count);
    expect(new Set(sent).size).toBe(count);
    expect(most).toBeLessThanOrEqual(300);
    expect(await jobOf(api, id)).toMatchObject({
      ...{ total: count, visited: count, results: { succeeded: count }, verdicts: { new: count } },
      filter: { source: 'orders', event_type: 'order.made' }
    });
    expect(await itemsOf(api, id)).toHaveLength(count);
  });

  test('by a status goes on to the end although re-delivered messages do not have it any more', async () => {
    const broken = [];
    for (let n = 0; n < 250; n++) broken.push(await insert({ deliveries: delivered('failed') }));
    await insert({ deliveries: delivered('succeeded') });
    node();
    const id = await makeJob(api, { kind: 'redeliver', filter: { status: 'failed' } });
    await jobWhen(api, id, ({ results }) => results.queued === 250);
    await settleQueued(sql, { status: 'succeeded', outcome: 'response' });
    expect(await jobWhen(api, id, ({ state }) => state === 'done')).toMatchObject({
      ...{ total: 250, visited: 250, verdicts: { fixed: 250 } }
    });
  });

  test('sends an event that came twice once, and a message without a destination nowhere', async () => {
    const first = await insert();
    const second = await insert();
    await sql`update messages set duplicate_of = ${first.id} where id = ${second.id}`;
    const other = idOf(await make(api, '/sources', { slug: `lonely-${Date.now()}`, provider: 'none' }));
    const lonely = await insert({ sourceId: other });
    node();
    const id = await makeJob(api, { kind: 'redeliver', filter: {}, dry_run: true });
    expect(await jobWhen(api, id, ({ state }) => state === 'ready')).toMatchObject({
      total: 3,
      preview: { refused: [{ reason: 'duplicate' }, { reason: 'no_destination' }] }
    });
    await api('POST', `/jobs/${id}/start`);
    await jobWhen(api, id, ({ results }) => results.queued === 1);
    expect(await itemsOf(api, id, 'result=refused')).toMatchObject([
      { message_id: second.id, detail: textWith(first.id) },
      { message_id: lonely.id, detail: textWith('No destination') }
    ]);
  });
});

test('a new destination: one that none of the messages went to', async () => {
  const archive = idOf(await make(api, '/destinations', { name: 'Archive', url: 'https://archive.example' }));
  const { id: messageId } = await insert({ deliveries: delivered('succeeded') });
  node();
  const id = await makeJob(api, { kind: 'redeliver', selection: [messageId], destination: archive });
  await jobWhen(api, id, ({ results }) => results.queued === 1);
  expect(await sql`select destination_id from delivery_queue`).toEqual([{ destination_id: archive }]);
});

test('paused, nothing more is sent; resumed, it goes on; cancelled, it waits for what is on its way', async () => {
  for (let n = 0; n < 700; n++) await insert();
  node();
  const id = await makeJob(api, { kind: 'redeliver', filter: {} });
  await jobWhen(api, id, ({ results }) => results.queued === 300);
  expect((await api('POST', `/jobs/${id}/pause`)).json).toMatchObject({ state: 'paused' });
  await settleQueued(sql, { status: 'succeeded', outcome: 'response' });
  await jobWhen(api, id, ({ results }) => results.succeeded === 300);
  await until(async () => (await sql`select from jobs where lease_token is null`).length === 1);
  expect(await sql`select from delivery_queue`).toHaveLength(0);

  expect((await api('POST', `/jobs/${id}/resume`)).json).toMatchObject({ state: 'running' });
  await jobWhen(api, id, ({ results }) => results.queued === 300);
  expect((await api('POST', `/jobs/${id}/cancel`)).json).toMatchObject({ state: 'cancelling' });
  await settleQueued(sql, { status: 'succeeded', outcome: 'response' });
  expect(await jobWhen(api, id, ({ state }) => state === 'cancelled')).toMatchObject({
    ...{ visited: 600, results: { succeeded: 600, queued: 0 } }
  });
  expect(await api('POST', `/jobs/${id}/resume`)).toMatchObject({ status: 409, json: { error: 'conflict' } });
  expect((await auditOf(database, `job ${id}`)).map(({ action }) => action)).toEqual(
    ['created', 'paused', 'resumed', 'cancelled'].map((what) => `job.${what}`)
  );
});

test('a node that stood still in the middle of a step writes nothing more: another has gone on', async () => {
  for (let n = 0; n < 120; n++) await insert();
  let goOn = () => {};
  let isStill = false;
  const still = new Promise<void>((resolve) => (goOn = resolve));
  const slow = node({
    deliver: {
      ...parts.deliver,
      async targets(ids, options) {
        const found = await parts.deliver.targets(ids, options);
        const [job] = await sql<{ state: string }[]>`select state from jobs`;
        if (job?.state === 'running') {
          isStill = true;
          await still;
        }
        return found;
      }
    }
  });
  const id = await makeJob(api, { kind: 'redeliver', filter: {} });
  slow.nudge();
  await until(() => isStill);
  node();
  // As its lease would after ten seconds without it.
  await sql`update jobs set leased_until = now() - interval '1 s', lease_token = gen_random_uuid()`;
  await jobWhen(api, id, ({ results }) => results.queued === 120);
  goOn();
  await settleQueued(sql, { status: 'succeeded', outcome: 'response' });
  expect(await jobWhen(api, id, ({ state }) => state === 'done')).toMatchObject({
    ...{ visited: 120, results: { succeeded: 120, queued: 0 } }
  });
  await slow.stop();
  expect(await sql`select from delivery_queue`).toHaveLength(0);
  expect(await sql`select from delivery_results`).toHaveLength(120);
  expect(await itemsOf(api, id)).toHaveLength(120);
});
