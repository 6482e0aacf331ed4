// Conditions of a connection, from the door to the deliveries a message gets.

import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, make, messageOf } from '../support/outside.ts';

const database = await testDatabase();
const env = { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' };
const holdfast = await startHoldfast({ databaseUrl: database.url, env });
afterAll(() => holdfast.stop());
await make(holdfast, '/sources', { slug: 'filtered', provider: 'none' });
const nowhere = await make(holdfast, '/destinations', { name: 'nowhere', url: 'http://127.0.0.1:1/' });
const conditions = [
  { field: 'header:x-env', test: 'not', value: 'test' },
  { field: 'json:data.amount', test: 'above', value: 1000 }
];
await make(holdfast, '/connections', { source: 'filtered', destination: nowhere.id, filter: { conditions } });

test.each<[string, Record<string, string>, number]>([
  ['{"data":{"amount":1001}}', { 'x-env': 'live' }, 1],
  ['{"data":{"amount":1001}}', {}, 1],
  ['{"data":{"amount":1001}}', { 'X-Env': 'test' }, 0],
  ['{"data":{"amount":1000}}', {}, 0],
  ['{"data":"none"}', {}, 0],
  ['not json', {}, 0],
  [`${'['.repeat(20_000)}${']'.repeat(20_000)}`, {}, 0]
])('%.30s with %j makes %i deliveries', async (body, headers, count) => {
  const id = await accepted(holdfast, 'filtered', { body, headers });
  expect((await messageOf(holdfast, id)).deliveries).toHaveLength(count);
});
