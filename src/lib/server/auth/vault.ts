// Secrets at rest: signing secrets and credentials are stored sealed under SECRET_KEY.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SHORTEST = 1 + NONCE_BYTES + TAG_BYTES;
const FINGERPRINT_BYTES = 8;

export interface Vault {
  /**
   * Encrypts with AES-256-GCM: version byte, 12-byte random nonce, ciphertext, 16-byte tag.
   * @param context binds the ciphertext to its place (`source 3`): opening it needs the same context
   */
  seal(text: string, context?: string): Buffer;
  /** @throws when it was not sealed with this key and context, or was changed */
  open(sealed: Uint8Array, context?: string): string;
  /** Tells two keys apart, 16 hex characters; says nothing about the key. */
  fingerprint: string;
}

/**
 * A vault under one key.
 * @param secretKey SECRET_KEY, at least 16 characters. HKDF and not scrypt: the key is asked to be 32 random bytes,
 *   and stretching would cost every start what it costs an attacker once.
 */
export function createVault(secretKey: string): Vault {
  const key = derive(secretKey, 'holdfast secrets v1', 32);
  return {
    seal: (text, context = '') => seal(key, text, context),
    open: (sealed, context = '') => open(key, Buffer.from(sealed), context),
    // From its own branch of the derivation: the fingerprint and the encryption key say nothing about each other.
    fingerprint: derive(secretKey, 'holdfast fingerprint v1', FINGERPRINT_BYTES).toString('hex')
  };
}

function derive(secretKey: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', purpose, bytes));
}

/** The version byte is authenticated too, so that a later format cannot be passed off as this one. */
function associated(context: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(context)]);
}

function seal(key: Buffer, text: string, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(context));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, ciphertext, cipher.getAuthTag()]);
}

function open(key: Buffer, sealed: Buffer, context: string): string {
  if (sealed.length < SHORTEST || sealed[0] !== VERSION) {
    throw new Error(
      `A sealed secret has ${sealed.length} bytes and version ${sealed[0] ?? 'none'}: version ${VERSION} and at least ${SHORTEST} bytes are needed.`
    );
  }
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES
  });
  decipher.setAAD(associated(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error('A sealed secret does not open: it was changed, or sealed under another SECRET_KEY.', { cause });
  }
}
