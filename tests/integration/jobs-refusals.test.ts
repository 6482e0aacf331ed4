// Jobs that do not come to pass, or not to their end.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { apiFor, keyOf } from '../support/api-client.ts';
import { apiParts, idOf, make, textWith } from '../support/api-parts.ts';
import { testDatabase } from '../support/database.ts';
import { itemsOf, jobNodes, jobWhen, makeJob } from '../support/jobs.ts';
import { insertRow } from '../support/log-rows.ts';

const database = await testDatabase();
const sql = database.web;
const parts = await apiParts(database);
const api = apiFor(parts, keyOf('admin'));
const { node, stopNodes } = jobNodes(parts);
let sourceId = 0;
let sequence = 0;

const insert = () =>
  insertRow(sql, { at: Date.now() - 60_000, sequence: sequence++, sourceId, body: Buffer.from('{}'), isJson: true });

beforeAll(async () => {
  sourceId = idOf(await make(api, '/sources', { slug: 'orders', provider: 'none' }));
  const shop = idOf(await make(api, '/destinations', { name: 'Shop', url: 'https://shop.example' }));
  await make(api, '/connections', { source: 'orders', destination: shop });
});
afterEach(stopNodes);

test('a job of a message that is erased meanwhile says so, and is over', async () => {
  const { id: messageId } = await insert();
  node();
  const id = await makeJob(api, { kind: 'redeliver', selection: [messageId] });
  await jobWhen(api, id, ({ results }) => results.queued === 1);
  expect((await api('DELETE', `/messages/${messageId}`)).status).toBe(204);
  await jobWhen(api, id, ({ state }) => state === 'done');
  expect(await itemsOf(api, id)).toMatchObject([{ result: 'failed', verdict: null, detail: textWith('gone') }]);
  const again = await makeJob(api, { kind: 'redeliver', selection: [messageId] });
  expect(await jobWhen(api, again, ({ state }) => state === 'done')).toMatchObject({ results: { refused: 1 } });
});

test('a step that always fails ends the job, which says why', async () => {
  await insert();
  node({
    failureLimit: 2,
    deliver: { ...parts.deliver, targets: () => Promise.reject(new Error('Nothing can be read.')) }
  });
  const id = await makeJob(api, { kind: 'redeliver', filter: {} });
  expect(await jobWhen(api, id, ({ state }) => state === 'failed')).toMatchObject({ error: 'Nothing can be read.' });
});

describe('what is refused', () => {
  test.each([
    [{ kind: 'redeliver' }, 400, 'either a selection or a filter'],
    [{ kind: 'redeliver', selection: [] }, 400, 'at least one id'],
    [{ kind: 'redeliver', selection: ['x'] }, 400, 'the id of a message'],
    [{ kind: 'redeliver', filter: {}, selection: ['x'] }, 400, 'either a selection or a filter'],
    [{ kind: 'redeliver', filter: { source: 'nowhere' } }, 404, 'There is no source "nowhere".'],
    [{ kind: 'redeliver', filter: {}, destination: 999_999 }, 404, 'There is no destination 999999.'],
    [{ kind: 'backfill', filter: { source: 'orders' } }, 400, 'needs filter.source and destination'],
    [{ kind: 'nothing', filter: {} }, 400, 'one of redeliver, backfill, reverify']
  ])('%j: %i', async (body, status, sentence) => {
    const answer = await api('POST', '/jobs', body);
    expect(answer).toMatchObject({ status, json: { message: textWith(sentence) } });
  });

  test('to a member: what a connection or a secret starts', async () => {
    const member = apiFor(parts, keyOf('member'));
    const body = { kind: 'reverify', filter: { source: 'orders' }, dry_run: true };
    expect(await member('POST', '/jobs', body)).toMatchObject({ status: 403 });
    const id = await makeJob(api, body);
    expect(await member('POST', `/jobs/${id}/cancel`)).toMatchObject({ status: 403 });
    expect(await member('POST', '/jobs', { kind: 'redeliver', filter: {}, dry_run: true })).toMatchObject({
      status: 202
    });
  });
});
