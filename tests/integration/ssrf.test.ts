// What leads home is refused on every way out: deliveries, re-deliveries and tests, by http and by https, whatever the
// options of the destination, and a handler's own requests.

import { createServer } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuarded } from '#lib/server/deliver/http/guarded.ts';
import { createSendDirect, newTest } from '#lib/server/deliver/http/send-direct.ts';
import { createDestination } from '#lib/server/routing/destinations.ts';
import { createVault } from '#lib/server/auth/vault.ts';
import { testDatabase } from '../support/database.ts';
import { startHoldfast } from '../support/holdfast.ts';
import { accepted, deliveryOf, make, messageOf } from '../support/outside.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADDRESSES, HOSTS, IPV4, IPV6, REFUSAL } from '../support/ssrf-vectors.ts';
import { until } from '../support/until.ts';

const database = await testDatabase();
const holdfast = await startHoldfast({ databaseUrl: database.url });
afterAll(() => holdfast.stop());

/** If anything did connect home, it would be here. */
let connections = 0;
const trap = createServer((socket) => {
  connections += 1;
  socket.destroy();
});
await new Promise<void>((resolve) => trap.listen(0, resolve));
afterAll(() => new Promise((resolve) => trap.close(resolve)));
const address = trap.address();
const port = typeof address === 'object' && address !== null ? address.port : 9;

const URLS = ['http', 'https'].flatMap((scheme) => ADDRESSES.map((host) => `${scheme}://${host}:${port}/hook`));
const destinations: number[] = [];
let message = '';

async function everyDelivery(tries: number): Promise<void> {
  await until(
    async () => {
      const { deliveries } = await messageOf(holdfast, message);
      return deliveries.every(({ status, attempt_count: count }) => status === 'failed' && count === tries);
    },
    { patienceMs: 60_000 }
  );
  for (const { id, destination, last_error: error } of (await messageOf(holdfast, message)).deliveries) {
    expect(error, destination.name).toMatch(REFUSAL);
    const { attempts } = await deliveryOf(holdfast, id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(tries).fill('refused'));
  }
}

test(`deliveries to ${URLS.length} URLs are refused, once and for all`, async () => {
  await make(holdfast, '/sources', { slug: 'home', provider: 'none' });
  for (const [index, url] of URLS.entries()) {
    const options = index % 3 === 0 ? { tls: { verify: false, insecure: true }, forward_path: true } : {};
    const { id } = await make(holdfast, '/destinations', { name: `${index} ${url}`, url, ...options });
    await make(holdfast, '/connections', { source: 'home', destination: id });
    destinations.push(id);
  }
  message = await accepted(holdfast, 'home', { body: '{}', headers: {} });
  await everyDelivery(1);
}, 120_000);

test('so are re-deliveries', async () => {
  expect(await holdfast.api(`/messages/${message}/redeliver`, { method: 'POST', body: {} })).toMatchObject({
    status: 202
  });
  await everyDelivery(2);
}, 120_000);

test('so are those of a job', async () => {
  const job = await holdfast.api('/jobs', {
    method: 'POST',
    body: { kind: 'redeliver', filter: { source: 'home' } }
  });
  expect(job).toMatchObject({ status: 202 });
  await everyDelivery(3);
}, 120_000);

test('so is a back-fill', async () => {
  const [id] = destinations;
  await make(holdfast, '/sources', { slug: 'back-filled', provider: 'none' });
  message = await accepted(holdfast, 'back-filled', { body: '{}', headers: {} });
  const backfill = { since: new Date(Date.now() - 3_600_000).toISOString() };
  await make(holdfast, '/connections', { source: 'back-filled', destination: id, backfill });
  await until(async () => (await messageOf(holdfast, message)).deliveries.length === 1);
  await everyDelivery(1);
}, 120_000);

test('so are tests', async () => {
  for (const id of destinations) {
    const { body } = await holdfast.api(`/destinations/${id}/test`, { method: 'POST' });
    expect(body).toMatchObject({
      outcome: 'refused',
      status_code: null,
      error: expect.stringMatching(REFUSAL) as string
    });
  }
}, 120_000);

test('and nothing ever connected', () => {
  expect(connections).toBe(0);
});

// ── Names, as DNS may answer them ────────────────────────────────────────────────────────────────────────

const receiver = await startReceiver(({ url }, response) => {
  response.writeHead(url === '/away' ? 307 : 200, { connection: 'close', location: '/home' }).end();
});
const vault = createVault('a key for tests, long enough');

/** Sends as tests and deliveries do, for a DNS of the test's own. */
function sending(resolve: (name: string) => Promise<string[]>, allowed: string[] = []) {
  const guarded = createGuarded(createAddressCheck(allowed), resolve);
  const open = (sealed: Buffer) => vault.open(sealed);
  const parts = { database, open, guarded, clock: Date.now, credentialHeaders: () => new Set<string>() };
  return { guarded, send: createSendDirect(parts) };
}

async function destination(url: string): Promise<number> {
  const written = await createDestination({ database, vault }, { name: url, url, secret: 'whsec_c2VjcmV0' });
  if (written.outcome !== 'saved') throw new Error(written.outcome);
  return written.destination.id;
}

test('a name that resolves to any of them is refused, alone or among public ones', async () => {
  const ids = [await destination('http://home.example:9/'), await destination('https://home.example:9/')];
  for (const address of [...IPV4, ...IPV6]) {
    for (const answer of [[address], ['93.184.215.14', address]]) {
      const { guarded, send } = sending(async () => answer);
      for (const id of ids) {
        expect((await send(id, newTest()))?.response, address).toMatchObject({ outcome: 'refused' });
      }
      await expect(guarded.fetch('http://home.example:8080/', {})).rejects.toMatchObject({
        cause: { message: expect.stringMatching(REFUSAL) as string }
      });
      await guarded.destroy();
    }
  }
});

test('every spelling of this machine, names included, by a handler’s own requests', async () => {
  const { guarded } = sending(async () => ['127.0.0.1']);
  for (const host of HOSTS) {
    for (const scheme of ['http', 'https']) {
      await expect(guarded.fetch(`${scheme}://${host}:${port}/`, {}), host).rejects.toThrow();
    }
  }
  await guarded.destroy();
  expect(connections).toBe(0);
});

test('a name that changes its mind is asked once a connection, and the checked address is the one connected to', async () => {
  const id = await destination(`http://rebinding.example:${new URL(receiver.url).port}/`);
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1'], ['127.0.0.1']];
  let asked = 0;
  const { guarded, send } = sending(async () => answers[asked++] ?? [], ['127.0.0.1/32']);
  const outcomes: unknown[] = [];
  for (const _ of answers) outcomes.push((await send(id, newTest()))?.response.outcome);
  await guarded.destroy();
  expect(outcomes).toEqual(['response', 'refused', 'refused', 'response']);
  expect(asked).toBe(4);
  expect(receiver.at('/')).toHaveLength(2);
});

test('a redirect home is not followed', async () => {
  const id = await destination(`http://redirecting.example:${new URL(receiver.url).port}/away`);
  const { guarded, send } = sending(async () => ['127.0.0.1'], ['127.0.0.1/32']);
  expect((await send(id, newTest()))?.response).toMatchObject({ outcome: 'response', status: 307 });
  expect((await guarded.fetch(`${receiver.url}/away`, {})).status).toBe(307);
  await guarded.destroy();
  expect(receiver.at('/home')).toEqual([]);
});
