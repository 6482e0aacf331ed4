// A certificate that nobody vouches for, made on the spot: no key lies in the repository.

import { createSign, generateKeyPairSync } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const VERSION_1_SERIAL_1 = Buffer.from('020101', 'hex');

/** One element of DER; lengths up to 65,535. */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const bytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

const utcTime = (text: string): Buffer => element(0x17, Buffer.from(text));

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** A key and a certificate of the name, good from 2020 to 2049, for `tls.createServer`. */
export function selfSigned(name: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = element(SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, element(0x0c, Buffer.from(name)))));
  const validity = element(SEQUENCE, utcTime('200101000000Z'), utcTime('491231235959Z'));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const toSign = element(SEQUENCE, VERSION_1_SERIAL_1, ECDSA_WITH_SHA256, subject, validity, subject, key);
  const signature = createSign('sha256').update(toSign).sign(privateKey);
  const der = element(SEQUENCE, toSign, ECDSA_WITH_SHA256, element(0x03, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(der) };
}
