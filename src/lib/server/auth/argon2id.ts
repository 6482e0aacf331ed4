// argon2id in the standard text form ($argon2id$v=19$m=…), over node:crypto: no native package to install, and any
// other argon2 library reads what is stored.

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** OWASP's minimum: 19 MiB, two passes, one lane; about 25 ms of one core here. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const SHAPE = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

type Cost = typeof COST;

/** Hashes with a fresh salt. Runs on libuv's thread pool. */
export async function hashArgon2id(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, { cost: COST, salt, tagBytes: TAG_BYTES });
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * Whether a password has this hash; with the cost that the hash was made with.
 * @throws when the text is not an argon2id hash
 */
export async function verifyArgon2id(hash: string, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = SHAPE.exec(hash) ?? [];
  if (!salt || !tag) throw new Error('A stored password hash is not argon2id version 19.');
  const expected = Buffer.from(tag, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const given = await derive(password, { cost, salt: Buffer.from(salt, 'base64'), tagBytes: expected.length });
  return timingSafeEqual(given, expected);
}

function derive(
  password: string,
  { cost, salt, tagBytes }: { cost: Cost; salt: Buffer; tagBytes: number }
): Promise<Buffer> {
  // One password typed on two keyboards may come composed or decomposed.
  const message = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { ...cost, message, nonce: salt, tagLength: tagBytes }, (error, tag) =>
      error ? reject(error) : resolve(tag)
    );
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
