// Schemes put together from a source's options, for senders that have no row of their own.

import { optionReader, type OptionReader } from '../option-reader.ts';
import type {
  Algorithm,
  Encoding,
  KeyPreparation,
  ProviderOption,
  ProviderRow,
  SchemeRow,
  SchemesFromOptions,
  SignatureRow,
  TimestampRow,
  TimestampUnit
} from '../row.ts';

const ALGORITHMS = ['sha256', 'sha1', 'sha384', 'sha512', 'md5'] as const satisfies readonly Algorithm[];
const ENCODINGS = ['hex', 'base64', 'base64url', 'hex-upper'] as const satisfies readonly Encoding[];
const KEYS = ['utf8', 'base64', 'hex', 'whsec'] as const satisfies readonly KeyPreparation[];
const UNITS = ['s', 'ms', 'rfc3339', 'rfc1123', 'iso-utc'] as const satisfies readonly TimestampUnit[];
const DEFAULT_TOLERANCE_SECONDS = 300;
const HMAC_OPTIONS: readonly ProviderOption[] = [
  { name: 'header', label: 'Header with the signature', kind: 'text', default: 'X-Signature', required: true },
  { name: 'algorithm', label: 'Hash', kind: 'choice', choices: ALGORITHMS, default: 'sha256' },
  { name: 'encoding', label: 'Encoding', kind: 'choice', choices: ENCODINGS, default: 'hex' },
  { name: 'prefix', label: 'Text before the signature', kind: 'text', help: 'Such as sha256=' },
  {
    name: 'template',
    label: 'What is signed',
    kind: 'text',
    default: '{body}',
    help: 'Such as {ts}.{body}; also {id}, {method}, {url}, {header:Name}, {query:name}'
  },
  { name: 'key', label: 'The secret is', kind: 'choice', choices: KEYS, default: 'utf8' },
  { name: 'signature_part', label: 'Name of the signature in a list', kind: 'text', help: 'Such as v1 in t=…,v1=…' },
  { name: 'timestamp_part', label: 'Name of the timestamp in that list', kind: 'text', help: 'Such as t in t=…,v1=…' },
  { name: 'separator', label: 'What separates that list', kind: 'text', default: ',' },
  { name: 'timestamp_header', label: 'Header with the timestamp', kind: 'text' },
  { name: 'timestamp_unit', label: 'The timestamp is in', kind: 'choice', choices: UNITS, default: 's' },
  { name: 'id_header', label: 'Header that {id} stands for', kind: 'text' },
  {
    name: 'tolerance_seconds',
    label: 'How far the sender’s clock may be off, in seconds',
    kind: 'number',
    default: DEFAULT_TOLERANCE_SECONDS
  }
];

/** Schemes of a source: what its maker found wrong with the options is the answer in their place. */
const fromOptions =
  (make: (read: OptionReader) => SchemeRow): SchemesFromOptions =>
  (options) => {
    const read = optionReader(options);
    const scheme = make(read);
    return read.problems[0] ?? [scheme];
  };

function hmacScheme(read: OptionReader): SignatureRow {
  const header = read.header('header', 'X-Signature') ?? 'X-Signature';
  const idHeader = read.header('id_header');
  const timestamp = timestampOf(read);
  const name = read.text('signature_part');
  const signed = read.text('template', '{body}');
  read.problems.push(...templateProblems(signed, { hasTimestamp: timestamp !== null, hasId: idHeader !== null }));
  return {
    signature: `header:${header}`,
    prefix: read.text('prefix'),
    algorithm: read.choice('algorithm', ALGORITHMS),
    encoding: read.choice('encoding', ENCODINGS),
    key: read.choice('key', KEYS),
    signed,
    ...(name === '' ? {} : { parts: { separator: read.text('separator', ','), delimiter: '=', name } }),
    ...(timestamp === null ? {} : { timestamp }),
    ...(idHeader === null ? {} : { id: `header:${idHeader}` as const })
  };
}

function timestampOf(read: OptionReader): TimestampRow | null {
  const unit = read.choice('timestamp_unit', UNITS);
  const part = read.text('timestamp_part');
  const header = read.header('timestamp_header');
  if (part !== '' && read.text('signature_part') === '') {
    read.problems.push('the option timestamp_part needs signature_part: both name parts of one list');
  }
  if (part !== '') return { part, unit, toleranceSeconds: DEFAULT_TOLERANCE_SECONDS };
  return header === null ? null : { at: `header:${header}`, unit, toleranceSeconds: DEFAULT_TOLERANCE_SECONDS };
}

/** A template that leaves out the body would make one signature good for every body. */
function templateProblems(template: string, has: { hasTimestamp: boolean; hasId: boolean }): string[] {
  const signsTime = template.includes('{ts}') || template.includes('{timestamp}');
  const problems: [boolean, string][] = [
    [!template.includes('{body}'), 'leaves out {body}'],
    [template.includes('{secret}'), 'has {secret}, which is the key already'],
    [signsTime && !has.hasTimestamp, 'has {ts}: name timestamp_header or timestamp_part'],
    [!signsTime && has.hasTimestamp, 'leaves out {ts}, so that anybody could change the time'],
    [template.includes('{id}') && !has.hasId, 'has {id}: name id_header']
  ];
  return problems.filter(([isWrong]) => isWrong).map(([, what]) => `the option template ${what}`);
}

const tokenScheme = (read: OptionReader): SchemeRow => ({
  proof: 'token',
  signature: `header:${read.header('header', 'X-Webhook-Token') ?? 'X-Webhook-Token'}`,
  prefix: read.text('prefix')
});

const sample = { body: { id: 'evt_{id}', type: 'test.event', created: '{now}', data: { hello: 'world' } } };

export const genericRows: readonly ProviderRow[] = [
  {
    slug: 'generic-hmac',
    name: 'Generic HMAC',
    family: 'generic',
    confidence: 'vector',
    secretLabel: 'signing secret',
    settingsPath: 'Wherever the sender keeps its webhook URLs',
    covers: 'What the template says; the whole body is always in it.',
    schemes: fromOptions(hmacScheme),
    identity: 'options',
    options: HMAC_OPTIONS,
    sample
  },
  {
    slug: 'generic-token',
    name: 'Generic token in a header',
    family: 'token',
    confidence: 'vector',
    secretLabel: 'token',
    settingsPath: 'Wherever the sender keeps its webhook URLs and headers',
    covers: 'Nothing: the token proves the sender, not the body.',
    schemes: fromOptions(tokenScheme),
    identity: 'options',
    options: [
      { name: 'header', label: 'Header with the token', kind: 'text', default: 'X-Webhook-Token', required: true },
      { name: 'prefix', label: 'Text before the token', kind: 'text' }
    ],
    sample
  },
  {
    slug: 'generic-bearer',
    name: 'Generic bearer token',
    family: 'token',
    confidence: 'vector',
    secretLabel: 'bearer token',
    settingsPath: 'Wherever the sender keeps its webhook URLs and credentials',
    covers: 'Nothing: the token proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Bearer ' }],
    identity: 'options',
    sample
  },
  {
    slug: 'generic-basic',
    name: 'Generic HTTP Basic',
    family: 'basic',
    confidence: 'vector',
    secretLabel: 'user:password',
    settingsPath: 'Wherever the sender keeps its webhook URLs; often as https://user:password@…',
    covers: 'Nothing: the password proves the sender, not the body.',
    schemes: [{ proof: 'token', signature: 'header:Authorization', prefix: 'Basic ', encoding: 'base64' }],
    identity: 'options',
    sample
  },
  {
    slug: 'none',
    name: 'Nothing is verified',
    family: 'none',
    confidence: 'source',
    secretLabel: null,
    settingsPath: 'Wherever the sender keeps its webhook URLs',
    covers: 'Nothing: anybody who knows the URL can send.',
    schemes: [],
    identity: 'options',
    sample
  }
];
