// From a secret as it was pasted to a key. Nothing is decoded leniently: Buffer.from would silently stop at the first
// odd character, and an empty key would let anybody sign.

import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyPreparation, SecretFilter } from './row.ts';
import type { VerifySecret } from './types.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const HEX = /^(?:[0-9a-fA-F]{2})+$/;
/** DER of an ed25519 SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519_KEY_BYTES = 32;

/** True for a secret that a scheme is about. */
export function fits(value: string, filter: SecretFilter | undefined): boolean {
  if (filter?.startingWith !== undefined && !value.startsWith(filter.startingWith)) return false;
  return filter?.notStartingWith === undefined || !value.startsWith(filter.notStartingWith);
}

interface Prepared {
  value: string;
  keys: Map<KeyPreparation, KeyObject | null>;
}

/**
 * A secret object lives as long as its source's routing. Making a key takes five times as long as an HMAC of a small
 * body, parsing a public one fifty times.
 */
const prepared = new WeakMap<VerifySecret, Prepared>();

/** The key of a secret, made once; null when the secret is not what the preparation needs. Never an empty key. */
export function keyOf(secret: VerifySecret, preparation: KeyPreparation): KeyObject | null {
  const before = prepared.get(secret);
  const entry =
    before?.value === secret.value
      ? before
      : { value: secret.value, keys: new Map<KeyPreparation, KeyObject | null>() };
  if (entry !== before) prepared.set(secret, entry);
  const known = entry.keys.get(preparation);
  if (known !== undefined) return known;
  const key = makeKey(secret.value, preparation);
  entry.keys.set(preparation, key);
  return key;
}

/** As keyOf, for a secret that is used once. */
export function makeKey(secret: string, preparation: KeyPreparation): KeyObject | null {
  if (preparation === 'whpk' || preparation === 'spki') return publicKey(secret, preparation);
  const bytes = decode(secret, preparation);
  return bytes === null || bytes.length === 0 ? null : createSecretKey(bytes);
}

function decode(secret: string, preparation: Exclude<KeyPreparation, 'whpk' | 'spki'>): Buffer | null {
  switch (preparation) {
    case 'utf8':
      return Buffer.from(secret, 'utf8');
    case 'nfkd':
      return Buffer.from(secret.normalize('NFKD'), 'utf8');
    case 'sha1':
      return createHash('sha1').update(secret).digest();
    case 'hex':
      return HEX.test(secret) ? Buffer.from(secret, 'hex') : null;
    case 'base64':
      return base64(secret);
    case 'whsec':
      return base64(secret.replace(/^(?:v1,)?whsec_/, ''));
  }
}

const base64 = (text: string): Buffer | null => (BASE64.test(text) ? Buffer.from(text, 'base64') : null);

function publicKey(value: string, preparation: 'whpk' | 'spki'): KeyObject | null {
  try {
    if (value.includes('-----BEGIN PUBLIC KEY-----')) return createPublicKey(value);
    const bytes = base64(value.replace(/^whpk_/, ''));
    if (bytes === null) return null;
    if (preparation === 'spki') return createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    if (bytes.length !== ED25519_KEY_BYTES) return null;
    return createPublicKey({ key: Buffer.concat([ED25519_SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}

/** What the key has to look like, for a sentence about one that does not. */
export function describeKey(preparation: KeyPreparation): string {
  const words: Record<KeyPreparation, string> = {
    utf8: 'text',
    nfkd: 'text',
    sha1: 'text',
    base64: 'base64',
    whsec: 'base64, with or without whsec_ before it',
    hex: 'hexadecimal',
    whpk: 'whpk_ and the base64 of an ed25519 key',
    spki: 'a public key in PEM or base64'
  };
  return words[preparation];
}
