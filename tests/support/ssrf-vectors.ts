// Where nothing of ours may go out to: every way to write an address that leads home. For whatever sends to other people's
// URLs: deliveries, tests, replays, back-fills, alerts.

/** One of each range that is not the public internet's. */
export const IPV4 = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.0.0.2', '127.255.255.255', '169.254.0.1', '169.254.169.254', '169.254.170.2'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1'],
  ...['192.168.255.255', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250'],
  ...['240.0.0.1', '255.255.255.255', '168.63.129.16']
];
export const IPV6 = [
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
/** More than 150, each as it stands in a URL. */
export const ADDRESSES = [...IPV4, ...IPV6.map((address) => `[${address}]`), ...SPELT];
/** With names that a DNS of the test's own says are this machine: not every machine's own does. */
export const HOSTS = [...ADDRESSES, ...NAMES];

/** What is said of each. */
export const REFUSAL = / is an? .* address: deliveries go to public addresses only\. ALLOW_PRIVATE_DESTINATIONS/;
