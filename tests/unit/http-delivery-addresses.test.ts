// Where deliveries may not go: every way to write an address that leads home, by http and by https.

import { afterAll, describe, expect, test } from 'vitest';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuardedAgent } from '#lib/server/deliver/http/guard.ts';
import { send } from '#lib/server/deliver/http/send.ts';

/** One of each range that is not the public internet's. */
const IPV4 = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.0.0.2', '127.255.255.255', '169.254.0.1', '169.254.169.254', '169.254.170.2'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1'],
  ...['192.168.255.255', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250'],
  ...['240.0.0.1', '255.255.255.255', '168.63.129.16']
];
const IPV6 = [
  ...['::', '::1', '0:0:0:0:0:0:0:1', '::127.0.0.1', '::7f00:1', '::a9fe:a9fe', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  ...[
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '::ffff:0.0.0.0',
    '::8.8.8.8'
  ],
  ...['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::8.8.8.8', '64:ff9b:1::7f00:1', '64:ff9b:1:ffff::1'],
  ...[
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2002:c0a8:1::1',
    '2002:808:808::1',
    '2001::1',
    '2001:0:53aa:64c:0:0:80ff:fffe'
  ],
  ...['2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1', '3fff::1', '5f00::1', '100::1', '100:0:0:1::1'],
  ...['fe80::1', 'fe80::a9fe:a9fe', 'febf::1', 'fec0::1', 'fc00::1', 'fd00::1', 'fd00:ec2::254', 'fd20:ce::254'],
  ...['ff01::1', 'ff02::1', 'ff05::1:3', 'ff0e::1', '4000::1', 'e000::1', '0:0:0:0:0:ffff:c0a8:0101']
];

/** Other spellings of one address, as browsers and curl read them. */
function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => `0x${value.toString(16)}`;
  const octal = (value: number) => `0${value.toString(8)}`;
  return [
    ...[String(number), hex(number), octal(number), `${a}.${(b * 256 + c) * 256 + d}`, `${a}.${b}.${c * 256 + d}`],
    ...[[a, b, c, d].map(hex).join('.'), [a, b, c, d].map(octal).join('.'), `${hex(a)}.${b}.${octal(c)}.${d}`],
    ...[
      `${address}.`,
      [a, b, c, d].map((part) => `000${octal(part)}`).join('.'),
      encodeURIComponent(address).replaceAll('.', '%2e')
    ],
    // Full-width digits and ideographic full stops: IDN makes them plain.
    address.replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))).replaceAll('.', '。')
  ];
}
const SPELT = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '172.16.0.1', '0.0.0.0'].flatMap(spellings);
const NAMES = ['localhost', 'LOCALHOST', 'localhost.', 'ｌｏｃａｌｈｏｓｔ', 'ⓛocalhost', '%6cocalhost'];
const HOSTS = [...IPV4, ...IPV6.map((address) => `[${address}]`), ...SPELT, ...NAMES];
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
    expect(answer.error).toMatch(
      / is a .* address: deliveries go to public addresses only\. ALLOW_PRIVATE_DESTINATIONS/
    );
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
