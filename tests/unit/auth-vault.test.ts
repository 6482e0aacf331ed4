import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVault } from '#lib/server/auth/vault.ts';

const KEY = 'a secret key that is long enough';
const vault = createVault(KEY);

test('what was sealed opens again, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(vault.open(vault.seal(text))).toBe(text);
    })
  );
});

test('the sealed bytes do not hold the text, and are never the same twice', () => {
  const [first, second] = [vault.seal('whsec_the_secret'), vault.seal('whsec_the_secret')];
  expect(first.toString('latin1')).not.toContain('whsec');
  expect(first.equals(second)).toBe(false);
});

test('one changed bit anywhere does not open', () => {
  const sealed = vault.seal('whsec_the_secret');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => vault.open(changed), `bit ${bit}`).toThrow(/sealed secret/);
  }
});

test('a cut one does not open, however short', () => {
  const sealed = vault.seal('text');
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => vault.open(sealed.subarray(0, length)), `${length} bytes`).toThrow(/sealed secret/);
  }
});

test('another key opens nothing and has another fingerprint', () => {
  const other = createVault(`${KEY}.`);
  expect(() => other.open(vault.seal('text'))).toThrow('SECRET_KEY');
  expect(other.fingerprint).not.toBe(vault.fingerprint);
});

test('the same key opens what another process sealed, and has the same fingerprint', () => {
  const again = createVault(KEY);
  expect(again.open(vault.seal('text'))).toBe('text');
  expect(again.fingerprint).toBe(vault.fingerprint);
  expect(vault.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});

test('what was sealed for one place does not open in another', () => {
  const sealed = vault.seal('text', 'source 1');
  expect(vault.open(sealed, 'source 1')).toBe('text');
  expect(() => vault.open(sealed, 'source 2')).toThrow(/does not open/);
  expect(() => vault.open(sealed)).toThrow(/does not open/);
});

test('the format is stable: bytes sealed by the first release open', () => {
  const sealed = Buffer.from('ASy8mMI43jkOKtJct6Os78TDjVTAPokC/RlSsTzNEGAVH9ClV2mALfx1Xffybnncuw==', 'base64');
  expect(vault.open(sealed, 'source 1')).toBe('whsec_from_release_1');
});
