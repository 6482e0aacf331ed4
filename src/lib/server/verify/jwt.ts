// Schemes in which a JSON Web Token signed with a shared secret (HS256 and its kin) vouches for the message, by claims
// about its body and its URL. The row says which algorithms count; what the token says of itself only has to be one of them.

import { createHash, createHmac } from 'node:crypto';
import { describeField, valueAt } from './field.ts';
import * as found from './finding.ts';
import type { Finding } from './finding.ts';
import { CONFLICT } from './form.ts';
import { keyOf, makeKey } from './key.ts';
import { sameText } from './proof.ts';
import type { JwtAlgorithm, JwtRow } from './row.ts';
import type { JwtScheme } from './scheme.ts';
import { withoutPrefix } from './token.ts';
import type { SignedRequest, VerifySecret } from './types.ts';
import type { View } from './view.ts';

interface Token {
  algorithm: JwtAlgorithm;
  /** Header and claims as they were sent, which is what is signed. */
  signed: string;
  signature: string;
  claims: unknown;
}

interface JwtJudge {
  secrets: readonly VerifySecret[];
  now: number;
  toleranceSeconds: number | null;
}

const HASHES: Record<JwtAlgorithm, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
/** More than any provider sends; Node's own limit for all headers is of the same size. */
const MAX_LENGTH = 16_384;
const LIFETIME_SECONDS = 60;

/** Whether one of the secrets signed a token that is about this message. */
export function checkJwt(scheme: JwtScheme, view: View, judge: JwtJudge): Finding {
  const field = describeField(scheme.row.signature);
  const value = scheme.read(view);
  if (value === null) return { kind: 'missing', field };
  if (value === CONFLICT) return found.contradictory(field);
  const token = readToken(withoutPrefix(value, scheme.row), scheme.row);
  if (!token) return found.wrongFormat(field, scheme.expected);
  const secret = signerOf(token, judge.secrets);
  if ('kind' in secret) return secret;
  const claim = wrongClaim(scheme.row, token.claims, view.request);
  if (claim !== null) return found.claimDiffers(claim);
  return checkTimes(scheme.row, token.claims, { ...judge, secretId: secret.id });
}

function readToken(text: string | null, row: JwtRow): Token | null {
  if (text === null || text.length > MAX_LENGTH) return null;
  const [, head = '', body = '', signature = ''] = COMPACT.exec(text) ?? [];
  const header = parsePart(head);
  const algorithm = row.algorithms.find((each) => each === valueAt(header, ['alg']));
  // "crit" lists what a reader must understand to trust the token (RFC 7515, 4.1.11): nothing of that is known here.
  if (algorithm === undefined || valueAt(header, ['crit']) !== undefined) return null;
  return { algorithm, signed: `${head}.${body}`, signature, claims: parsePart(body) };
}

function parsePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A public key is known to everybody: as the key of an HMAC it would let everybody sign. */
const isPem = (value: string): boolean => value.includes('-----BEGIN ');

function signerOf({ algorithm, signed, signature }: Token, secrets: readonly VerifySecret[]): VerifySecret | Finding {
  const [first] = secrets;
  if (first && secrets.every(({ value }) => isPem(value))) {
    return found.noKey(first.label, 'the shared secret, not a key pair or certificate');
  }
  for (const secret of secrets) {
    const key = isPem(secret.value) ? null : keyOf(secret, 'utf8');
    if (key === null) continue;
    const expected = createHmac(HASHES[algorithm], key).update(signed).digest('base64url');
    if (sameText(signature, expected)) return secret;
  }
  return found.noSecretMatches(secrets);
}

/** The name of the first claim that does not say what the row wants of it. */
function wrongClaim(row: JwtRow, claims: unknown, request: SignedRequest): string | null {
  for (const [name, expected] of expectedClaims(row, request)) {
    const claim = valueAt(claims, [name]);
    if (expected === null ? claim !== undefined : typeof claim !== 'string' || !sameText(claim, expected)) return name;
  }
  return null;
}

/** Null: the claim must be absent. */
function expectedClaims(row: JwtRow, { body, url }: Pick<SignedRequest, 'body' | 'url'>): [string, string | null][] {
  const expected: [string, string | null][] = row.issuer === undefined ? [] : [['iss', row.issuer]];
  if (row.url) expected.push([row.url.claim, row.url.hashed ? sha256(url).digest('hex') : url]);
  if (!row.bodyHash) return expected;
  const isLeftOut = row.bodyHash.absentWhenEmpty === true && body.length === 0;
  return [...expected, [row.bodyHash.claim, isLeftOut ? null : sha256(body).digest(row.bodyHash.encoding)]];
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data);

const numberOf = (claims: unknown, name: string): number | null | undefined => {
  const value = valueAt(claims, [name]);
  if (value === undefined) return undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

function checkTimes(row: JwtRow, claims: unknown, judge: JwtJudge & { secretId: number }): Finding {
  const times = { exp: numberOf(claims, 'exp'), nbf: numberOf(claims, 'nbf'), iat: numberOf(claims, 'iat') };
  const broken = Object.entries(times).find(([, value]) => value === null);
  if (broken) return found.claimDiffers(broken[0]);
  if (row.expires && times.exp === undefined) return found.claimDiffers('exp');
  const leeway = judge.toleranceSeconds ?? row.leewaySeconds;
  const seconds = judge.now / 1000;
  const age = seconds - (times.exp ?? Number.POSITIVE_INFINITY);
  if (age >= leeway) return found.tokenExpired(Math.trunc(age), leeway);
  const ahead = Math.max(times.nbf ?? 0, times.iat ?? 0) - seconds;
  if (ahead > leeway) return found.clockOff(Math.ceil(ahead), leeway);
  return { kind: 'valid', secretId: judge.secretId, clockSkewSeconds: skewOf(times.iat, seconds) };
}

// Adding 0 makes -0 a 0.
const skewOf = (issuedAt: number | null | undefined, seconds: number): number | null =>
  typeof issuedAt === 'number' ? Math.trunc(issuedAt - seconds) + 0 : null;

export interface JwtToSign {
  secret: string;
  body: Buffer | string;
  now: number;
  url: string;
}

/** The token that the provider would send; null when the secret is no key for it. */
export function makeJwt(row: JwtRow, { secret, body, now, url }: JwtToSign): string | null {
  const [algorithm] = row.algorithms;
  const key = isPem(secret) ? null : makeKey(secret, 'utf8');
  if (algorithm === undefined || key === null) return null;
  const seconds = Math.floor(now / 1000);
  const about = expectedClaims(row, { body: Buffer.from(body), url }).filter(([, value]) => value !== null);
  const claims = { ...Object.fromEntries(about), iat: seconds, nbf: seconds, exp: seconds + LIFETIME_SECONDS };
  const parts = [{ alg: algorithm, typ: 'JWT' }, claims];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${createHmac(HASHES[algorithm], key).update(signed).digest('base64url')}`;
}
