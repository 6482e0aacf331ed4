// A provider ready to use: its row, compiled once. Rows whose scheme comes from a source's options are compiled once for
// each options object; routing makes a new object when options change.

import { compileIdentity, type Identity } from './identity.ts';
import type {
  Confidence,
  Family,
  Field,
  IdentityRow,
  ProviderOption,
  ProviderRow,
  SchemeRow,
  SchemesFromOptions
} from './row.ts';
import { acceptedReply } from './replies.ts';
import { compileScheme, type Scheme } from './scheme.ts';
import type { AcceptedReply, RefusedReply, SignedRequest } from './types.ts';

export type Options = Readonly<Record<string, unknown>>;

export interface Provider {
  slug: string;
  name: string;
  family: Family;
  confidence: Confidence;
  /** What the provider calls the secret. */
  secretLabel: string;
  needsSecret: boolean;
  /** Where in the provider's settings the URL is pasted. */
  settingsPath: string;
  /** Which part of the message the signature covers, in words. */
  covers: string;
  /** What a source of this provider can set. */
  options: readonly ProviderOption[];
  /** False where sign() cannot make a message of this provider: its key is public, or the signature is in the body. */
  signable: boolean;
  /** The answer that the provider insists on for every accepted message; null: any 2xx will do. */
  acceptedReply(request: SignedRequest): AcceptedReply | null;
  /** The same for messages with a bad signature; null: 401 will do. */
  refusedReply: RefusedReply | null;
  row: ProviderRow;
  /** @returns the schemes, or a sentence about the option that is wrong */
  schemes(options: Options): readonly Scheme[] | string;
  identity(options: Options): Identity;
}

const TOLERANCE: ProviderOption = {
  name: 'tolerance_seconds',
  label: 'How far the sender’s clock may be off, in seconds',
  kind: 'number',
  help: 'Empty: the provider’s own limit.'
};

const EVENT_OPTIONS: readonly ProviderOption[] = [
  { name: 'event_id_path', label: 'Where the event’s id is in the JSON body', kind: 'text', help: 'Such as data.id' },
  { name: 'event_id_header', label: 'Header with the event’s id', kind: 'text' },
  { name: 'event_type_path', label: 'Where the event’s type is in the JSON body', kind: 'text', help: 'Such as type' },
  { name: 'event_type_header', label: 'Header with the event’s type', kind: 'text' }
];

/** Compiles a row. @throws {Error} when the row itself is wrong: a mistake in the table, found at start */
export function compileProvider(row: ProviderRow): Provider {
  const needsSecret = row.secretLabel !== null;
  return {
    slug: row.slug,
    name: row.name,
    family: row.family,
    confidence: row.confidence,
    secretLabel: row.secretLabel ?? 'no secret',
    needsSecret,
    settingsPath: row.settingsPath,
    covers: row.covers,
    options: optionsOf(row),
    signable: isSignable(row),
    acceptedReply: (request) => acceptedReply(row, request),
    refusedReply: row.refusedReply ? { status: 401, text: null, ...row.refusedReply } : null,
    row,
    schemes: schemesOf(row),
    identity: identityOf(row)
  };
}

function optionsOf(row: ProviderRow): readonly ProviderOption[] {
  const hasClock =
    typeof row.schemes !== 'function' && row.schemes.some((scheme) => 'timestamp' in scheme || scheme.proof === 'jwt');
  return [
    ...(row.options ?? []),
    ...(hasClock ? [TOLERANCE] : []),
    ...(row.identity === 'options' ? EVENT_OPTIONS : [])
  ];
}

function isSignable(row: ProviderRow): boolean {
  return typeof row.schemes === 'function' || row.schemes.length === 0 || row.schemes.some(canSign);
}

/** Whether sign() can make what the scheme checks: a field of the request, by a key that signs. */
export function canSign(scheme: SchemeRow): boolean {
  if (!scheme.signature.startsWith('header:')) return false;
  return scheme.proof !== 'ed25519' && scheme.proof !== 'ecdsa';
}

function schemesOf(row: ProviderRow): Provider['schemes'] {
  if (typeof row.schemes === 'function') return perOptions(row.schemes);
  const schemes = compileAll(row.schemes);
  if (typeof schemes === 'string') throw new Error(`The row of ${row.slug} is wrong: ${schemes}`);
  return () => schemes;
}

function perOptions(make: SchemesFromOptions): Provider['schemes'] {
  const known = new WeakMap<Options, readonly Scheme[] | string>();
  return (options) => {
    const before = known.get(options);
    if (before !== undefined) return before;
    const rows = make(options);
    const schemes = typeof rows === 'string' ? rows : compileAll(rows);
    known.set(options, schemes);
    return schemes;
  };
}

function compileAll(rows: readonly SchemeRow[]): readonly Scheme[] | string {
  const schemes: Scheme[] = [];
  for (const row of rows) {
    const scheme = compileScheme(row);
    if (typeof scheme === 'string') return scheme;
    schemes.push(scheme);
  }
  return schemes;
}

function identityOf(row: ProviderRow): Provider['identity'] {
  if (row.identity !== 'options') {
    const identity = compileIdentity(row.identity);
    return () => identity;
  }
  const known = new WeakMap<Options, Identity>();
  return (options) => {
    const identity = known.get(options) ?? compileIdentity(identityFromOptions(options));
    known.set(options, identity);
    return identity;
  };
}

function identityFromOptions(options: Options): IdentityRow {
  const from = (name: string): Field[] => {
    const path = options[`${name}_path`];
    const header = options[`${name}_header`];
    return [
      ...(typeof path === 'string' && path !== '' ? [`json:${withoutJsonPath(path)}` as const] : []),
      ...(typeof header === 'string' && header !== '' ? [`header:${header}` as const] : [])
    ];
  };
  return { id: from('event_id'), type: from('event_type') };
}

/** `$.data[0].id`, as other tools write paths, is `data.0.id` here. */
const withoutJsonPath = (path: string): string => path.replace(/^\$\.?/, '').replace(/\[(\d+)\]/g, '.$1');
