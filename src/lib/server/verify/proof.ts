// The cryptography: does one secret prove what was signed? Signatures are compared as text, never decoded first: another
// spelling of the same bytes (a base64 with other unused bits, a hex cut short) is then another signature, and fails.

import { createHash, createHmac, createVerify, timingSafeEqual, verify as verifyOnce } from 'node:crypto';
import Stripe from 'stripe';
import { keyOf, makeKey } from './key.ts';
import type { Encoding, Proof } from './row.ts';
import type { FullSignatureRow } from './scheme.ts';
import type { VerifySecret } from './types.ts';

export type Chunk = string | Buffer;

export interface Claim {
  row: FullSignatureRow;
  chunks: readonly Chunk[];
  signatures: readonly string[];
  secret: VerifySecret;
  /** The whole field, for a library that wants to read it by itself. */
  fieldText: string;
  body: Buffer;
}

/** `no-key`: the secret cannot be made into the key that the scheme needs. */
export type Proven = 'proven' | 'refuted' | 'no-key';

const PROOFS: Record<Proof, (claim: Claim) => Proven> = {
  hmac: provenByHmac,
  digest: (claim) => provenBy(claim, createHash(claim.row.algorithm)),
  ed25519: provenByEd25519,
  ecdsa: provenByEcdsa,
  'stripe-sdk': provenByStripe
};

/** Whether the claim's secret proves one of its signatures. */
export const prove = (claim: Claim): Proven => PROOFS[claim.row.proof](claim);

/** Equal, without telling by the time it takes where the two part. */
export function sameText(candidate: string, expected: string): boolean {
  const [a, b] = [Buffer.from(candidate, 'utf8'), Buffer.from(expected, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A digest as its row spells it. */
export function encode(digest: Buffer, encoding: Encoding): string {
  return encoding === 'hex-upper' ? digest.toString('hex').toUpperCase() : digest.toString(encoding);
}

interface Hash {
  update(chunk: Chunk): unknown;
  digest(): Buffer;
}

/** The signature that a row's secret makes; null when the secret is no key for it. */
export function makeSignature(row: FullSignatureRow, chunks: readonly Chunk[], secret: string): string | null {
  if (row.proof === 'digest') return finish(createHash(row.algorithm), chunks, row);
  const key = makeKey(secret, row.key);
  return key === null ? null : finish(createHmac(row.algorithm, key), chunks, row);
}

function finish(hash: Hash, chunks: readonly Chunk[], row: FullSignatureRow): string {
  for (const chunk of chunks) hash.update(chunk);
  return encode(hash.digest(), row.encoding);
}

function provenByHmac(claim: Claim): Proven {
  const key = keyOf(claim.secret, claim.row.key);
  return key === null ? 'no-key' : provenBy(claim, createHmac(claim.row.algorithm, key));
}

function provenBy({ chunks, row, signatures }: Claim, hash: Hash): Proven {
  const expected = finish(hash, chunks, row);
  return signatures.some((signature) => sameText(signature, expected)) ? 'proven' : 'refuted';
}

function provenByEd25519({ chunks, signatures, secret }: Claim): Proven {
  const key = keyOf(secret, 'whpk');
  if (key?.asymmetricKeyType !== 'ed25519') return 'no-key';
  const message = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
  return provenByOne(signatures, (signature) => verifyOnce(null, message, key, signature));
}

function provenByEcdsa({ chunks, row, signatures, secret }: Claim): Proven {
  const key = keyOf(secret, 'spki');
  if (key?.asymmetricKeyType !== 'ec') return 'no-key';
  return provenByOne(signatures, (signature) => {
    const check = createVerify(row.algorithm);
    for (const chunk of chunks) check.update(chunk);
    return check.verify(key, signature);
  });
}

function provenByOne(signatures: readonly string[], verifies: (signature: Buffer) => boolean): Proven {
  const isProven = signatures.some((text) => {
    const bytes = Buffer.from(text, 'base64');
    return bytes.length > 0 && bytes.toString('base64') === text && verifies(bytes);
  });
  return isProven ? 'proven' : 'refuted';
}

// The library would decode leniently: a BOM put before the body, or one broken byte in place of another, would pass.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function provenByStripe({ body, fieldText, secret }: Claim): Proven {
  try {
    // Tolerance 0: the clock is compared by the engine, which also refuses times that are far ahead.
    const proven = Stripe.webhooks.signature?.verifyHeader(decoder.decode(body), fieldText, secret.value, 0);
    return proven === true ? 'proven' : 'refuted';
  } catch {
    return 'refuted';
  }
}
