// Problems by the whole program: what counts as one, and what a killed process leaves behind.

import { afterAll, expect, test } from 'vitest';
import type { ProblemRecord } from '#lib/server/problems/problem.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast, type Holdfast } from '../support/holdfast.ts';
import { accepted, deliveryWhen, make, post } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { signedByStripe } from '../support/signing.ts';
import { stripePayment } from '../support/stripe-events.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_of_problems';
let status = 500;
const receiver = await startReceiver((_, response) => response.writeHead(status).end());
const database = await testDatabase();
const options = { databaseUrl: database.url, env: { ALLOW_PRIVATE_DESTINATIONS: '127.0.0.1/32' } };
let holdfast = await startHoldfast(options);
afterAll(() => holdfast.stop());

async function problems(node: Holdfast, query = ''): Promise<ProblemRecord[]> {
  const { body } = await node.api(`/problems${query}`);
  return (body as { data: ProblemRecord[] }).data;
}

test('a handler that waits for another message has none; a source whose messages do not verify has one', async () => {
  await make(holdfast, '/sources', { slug: 'shop', name: 'Shop', provider: 'stripe', secrets: [SECRET] });
  for (let i = 0; i < 4; i += 1) {
    const { refunded } = stripePayment({ accountId: 1 });
    const id = await accepted(holdfast, 'shop', signedByStripe(refunded(1), SECRET));
    await deliveryWhen(holdfast, id, ({ attempt_count: tries }) => tries > 0);
  }
  for (let i = 0; i < 5; i += 1) await post(holdfast, 'shop', { body: '{}' });
  await until(async () => (await problems(holdfast)).length > 0);
  expect(await problems(holdfast)).toMatchObject([{ kind: 'source_invalid', count: 5, subject: { slug: 'shop' } }]);
});

test('killed before it has written what it saw, it finds the problem at its next start; a success ends that', async () => {
  await make(holdfast, '/sources', { slug: 'orders', provider: 'none' });
  const body = { name: 'crm', url: receiver.url, retry: { schedule_seconds: [] } };
  const destination = await make(holdfast, '/destinations', body);
  await make(holdfast, '/connections', { source: 'orders', destination: destination.id });
  const id = await accepted(holdfast, 'orders', { body: '{}', headers: {} });
  await deliveryWhen(holdfast, id, (delivery) => delivery.status === 'failed');
  await holdfast.kill('SIGKILL');
  holdfast = await startHoldfast(options);
  const ofCrm = async () => (await problems(holdfast, '?status=all')).filter(({ subject }) => subject.name === 'crm');
  await until(async () => (await ofCrm()).length > 0);
  expect(await ofCrm()).toMatchObject([
    {
      kind: 'destination_failing',
      status: 'open',
      count: 1,
      message_ids: [id],
      last_error: 'The destination answered 500.'
    }
  ]);
  status = 200;
  await accepted(holdfast, 'orders', { body: '{}', headers: {} });
  await until(async () => (await ofCrm())[0]?.status === 'resolved', { patienceMs: 20_000 });
  expect(await ofCrm()).toMatchObject([{ resolved_by: 'itself' }]);
});
