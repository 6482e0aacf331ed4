// Where deliveries may not go: every way to write an address that leads home, by http and by https.

import { afterAll, describe, expect, test } from 'vitest';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuardedAgent } from '#lib/server/deliver/http/guard.ts';
import { send } from '#lib/server/deliver/http/send.ts';
import { HOSTS, IPV4, IPV6, REFUSAL } from '../support/ssrf-vectors.ts';

/** As outside this machine: what DNS says of the names is not for a unit test to wait for. */
const resolve = async (name: string) => (/^localhost\.?$/.test(name) ? ['127.0.0.1'] : []);

const check = createAddressCheck([]);
const agent = createGuardedAgent(check, resolve);
afterAll(() => agent.close());
const outgoing = { method: 'POST', headers: [], body: Buffer.from('{}') };
const post = (url: string) => send(agent, url, { outgoing, timeoutMs: 5_000, clock: Date.now });

test('these are 150 and more', () => {
  expect(new Set(HOSTS).size).toBeGreaterThanOrEqual(150);
});

describe.each(['http', 'https'])('%s', (protocol) => {
  test.each(HOSTS)('%s is refused', async (host) => {
    const answer = await post(`${protocol}://${host}:9/hook`);
    expect(answer).toMatchObject({ outcome: 'refused', status: null });
    expect(answer.error).toMatch(REFUSAL);
  });
});

test.each([...IPV4, ...IPV6])('%s is refused as DNS may answer it, whatever its name', async (address) => {
  const told = createGuardedAgent(check, async () => ['93.184.215.14', address]);
  const answer = await send(told, 'https://hooks.example.org/', { outgoing, timeoutMs: 5_000, clock: Date.now });
  expect(answer).toMatchObject({ outcome: 'refused', error: expect.stringContaining('hooks.example.org (') as string });
  await told.close();
});

test.each([
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '126.255.255.255',
    '128.0.0.1'
  ],
  ...[
    '169.253.255.255',
    '169.255.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '192.169.0.1',
    '198.17.255.255'
  ],
  ...['198.20.0.1', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888', '2003::1']
])('%s is the public internet', (address) => {
  expect(check(address)).toBeNull();
});

test('ALLOW_PRIVATE_DESTINATIONS lets through what it names, and nothing beside it', () => {
  const allowing = createAddressCheck(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32']);
  for (const address of ['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd00:1::1']) expect(allowing(address)).toBeNull();
  for (const address of [
    '10.2.0.1',
    '127.0.0.2',
    '::ffff:10.2.0.1',
    'fd00:2::1',
    '::1',
    '64:ff9b::10.1.2.3',
    '::10.1.2.3'
  ]) {
    expect(allowing(address), address).not.toBeNull();
  }
});

test.each(['', 'x', '1.2.3', '1.2.3.4.5', '010.0.0.1', 'fe80::1%lo', '8.8.8.8/0'])(
  '"%s" is no address to connect to',
  (text) => {
    expect(check(text)).not.toBeNull();
  }
);
