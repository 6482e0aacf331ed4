// What `npm run demo` shows: everything there is to see, from outside, and a second run that goes on with the first.

import { afterAll, expect, test } from 'vitest';
import { fill } from '../../src/demo/fill.ts';
import type { AccountState } from '#lib/inbox/types.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accountOf, allMessages } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const holdfast = await startHoldfast({
  databaseUrl: (await testDatabase()).url,
  env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8' }
});
afterAll(() => holdfast.stop());
const receiver = await startReceiver((request, response) => {
  response.statusCode = request.url === '/broken' ? 500 : 200;
  response.end();
});

async function accounts(): Promise<AccountState[]> {
  const { data } = (await holdfast.api('/accounts')).body as { data: { id: number }[] };
  return Promise.all(data.map(({ id }) => accountOf(holdfast, id)));
}

const total = async () => (await accounts()).reduce((sum, { balance }) => sum + balance, 0);

test('messages of several providers, failures and balances that move; twice', async () => {
  const story = await fill(holdfast, receiver.url);
  const messages = await allMessages(holdfast);
  expect(new Set(messages.map(({ source }) => source.provider)).size).toBeGreaterThanOrEqual(6);
  expect(messages.filter(({ verification }) => verification.status === 'invalid')).toHaveLength(1);
  expect(messages.filter(({ duplicate_of: first }) => first !== null)).toHaveLength(1);
  await until(async () => (await allMessages(holdfast, 'source=stripe&status=failed')).length === 1);
  await until(async () => receiver.at('/').length > 0 && receiver.at('/broken').length > 0);
  await until(async () => (await accounts()).flatMap(({ entries }) => entries).length >= 14);
  const states = await accounts();
  expect(states.flatMap(({ entries }) => entries).some(({ kind }) => kind === 'refund')).toBe(true);

  const before = await total();
  await until(async () => {
    await story.step();
    return (await total()) !== before;
  });

  await fill(holdfast, receiver.url);
  expect((await accounts()).map(({ name }) => name)).toEqual(['Ada Lovelace', 'Grace Hopper']);
  // Only what is forged on purpose is invalid: the new secrets sign.
  const invalid = await allMessages(holdfast, 'verification=invalid');
  expect(new Set(invalid.map(({ source }) => source.slug))).toEqual(new Set(['stripe']));
});
