// Certificates made on the spot, self-signed: of any name, of any time.

import { generateKeyPairSync, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const BOOLEAN = 0x01;
const DNS_NAME = 0x82;
const EXPLICIT = 0xa0;

const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const ALTERNATIVE_NAME = Buffer.from('0603551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');

export interface Certificate {
  /** PEM. */
  cert: string;
  key: string;
}

/** A certificate for a DNS name, good from a year ago until `expires`. */
export function makeCertificate(name: string, expires: Date): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(name)))));
  const alternatives = der(OCTET_STRING, der(SEQUENCE, der(DNS_NAME, Buffer.from(name))));
  const isAuthority = der(OCTET_STRING, der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff]))));
  const extensions = der(
    SEQUENCE,
    der(SEQUENCE, ALTERNATIVE_NAME, alternatives),
    der(SEQUENCE, BASIC_CONSTRAINTS, isAuthority)
  );
  const signed = der(
    SEQUENCE,
    der(EXPLICIT, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    ...[
      algorithm,
      subject,
      der(SEQUENCE, time(new Date(expires.getTime() - 2 * 365 * 86_400_000)), time(expires)),
      subject
    ],
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXPLICIT + 3, extensions)
  );
  const signature = der(BIT_STRING, Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]));
  return {
    cert: pem(der(SEQUENCE, signed, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const time = (date: Date): Buffer =>
  der(GENERALIZED_TIME, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d{3}/g, '')));

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
