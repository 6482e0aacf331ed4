// A scheme ready to run: its row with every default filled in, and every template, path and description worked out once.

import { reader, type Reader } from './field.ts';
import type { Encoding, Field, JwtRow, SchemeRow, SignatureRow, TokenRow } from './row.ts';
import { compileTemplate, type Piece } from './template.ts';
import { describeUnit } from './timestamp.ts';

export interface TokenScheme {
  row: TokenRow;
  read: Reader;
  expected: string;
}

export interface JwtScheme {
  row: JwtRow;
  read: Reader;
  expected: string;
}

type Defaulted = 'proof' | 'prefix' | 'algorithm' | 'encoding' | 'key' | 'signed';
export type FullSignatureRow = SignatureRow & Required<Pick<SignatureRow, Defaulted>>;

export interface SignatureScheme {
  row: FullSignatureRow;
  read: Reader;
  pieces: readonly Piece[];
  /** Null when there is no timestamp, or when it is a part of the signature's own field. */
  timestampField: { field: Field; read: Reader } | null;
  readId: Reader | null;
  constants: readonly { read: Reader; field: Field; value: string }[];
  /** Path of the list whose items are signed one by one. */
  each: readonly string[] | null;
  /** Characters of a signature; null where it varies. */
  signatureLength: number | null;
  /** The form of the field, for a sentence about one that has another form. */
  expected: string;
}

export type Scheme = TokenScheme | JwtScheme | SignatureScheme;

export const isToken = (scheme: Scheme): scheme is TokenScheme => scheme.row.proof === 'token';
export const isJwt = (scheme: Scheme): scheme is JwtScheme => scheme.row.proof === 'jwt';

/** @returns the scheme, or a sentence about what in the row cannot be */
export function compileScheme(row: SchemeRow): Scheme | string {
  if (row.proof === 'jwt') {
    const expected = `${row.prefix ?? ''}<JSON Web Token signed with ${row.algorithms.join(' or ')}>`;
    return { row, read: reader(row.signature), expected };
  }
  if (row.proof !== 'token') return compileSignature(withDefaults(row));
  return { row, read: reader(row.signature), expected: `${row.prefix ?? ''}<${row.encoding ?? 'the secret'}>` };
}

const withDefaults = (row: SignatureRow): FullSignatureRow => ({
  proof: 'hmac',
  prefix: '',
  algorithm: 'sha256',
  encoding: 'hex',
  key: 'utf8',
  signed: '{body}',
  ...row
});

function compileSignature(row: FullSignatureRow): SignatureScheme | string {
  const pieces = compileTemplate(row.signed);
  if (typeof pieces === 'string') return pieces;
  const at = row.timestamp?.at;
  return {
    row,
    read: reader(row.signature),
    pieces,
    timestampField: at ? { field: at, read: reader(at) } : null,
    readId: row.id ? reader(row.id) : null,
    constants: (row.constants ?? []).map(([field, value]) => ({ read: reader(field), field, value })),
    each: row.each?.split('.') ?? null,
    signatureLength: signatureLength(row),
    expected: joinParts(row, describeSignature(row), describeUnit(row.timestamp?.unit ?? 's'))
  };
}

const ED25519_BYTES = 64;
const DIGEST_BYTES = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** The text of a signature's field. */
export function joinParts(row: FullSignatureRow, signature: string, timestamp: string): string {
  if (!row.parts) return row.prefix + signature;
  const { name, delimiter, separator } = row.parts;
  if (delimiter === '') return [timestamp, signature].join(separator);
  const named = `${name}${delimiter}${row.prefix}${signature}`;
  const part = row.timestamp?.part;
  return part === undefined ? named : `${part}${delimiter}${timestamp}${separator}${named}`;
}

function describeSignature(row: FullSignatureRow): string {
  const length = signatureLength(row);
  return length === null ? '<base64 of an ECDSA signature>' : `<${length} ${ALPHABETS[row.encoding]} characters>`;
}

const ALPHABETS: Record<Encoding, string> = {
  hex: 'lower-case hex',
  'hex-upper': 'upper-case hex',
  base64: 'base64',
  base64url: 'base64url'
};

function signatureLength({ proof, algorithm, encoding }: FullSignatureRow): number | null {
  if (proof === 'ecdsa') return null;
  const bytes = proof === 'ed25519' ? ED25519_BYTES : DIGEST_BYTES[algorithm];
  if (encoding === 'base64') return Math.ceil(bytes / 3) * 4;
  return encoding === 'base64url' ? Math.ceil((bytes * 4) / 3) : bytes * 2;
}
