// Schemes in which the secret itself is sent: a static header, a bearer token, HTTP Basic.

import { describeField } from './field.ts';
import * as found from './finding.ts';
import type { Finding } from './finding.ts';
import { CONFLICT } from './form.ts';
import { sameText } from './proof.ts';
import type { TokenRow } from './row.ts';
import type { TokenScheme } from './scheme.ts';
import type { VerifySecret } from './types.ts';
import type { View } from './view.ts';

/** The text that stands for a secret. */
export function tokenText(secret: string, row: TokenRow): string {
  return row.encoding === 'base64' ? Buffer.from(secret, 'utf8').toString('base64') : secret;
}

/** Whether one of the secrets was sent. */
export function checkToken(scheme: TokenScheme, view: View, secrets: readonly VerifySecret[]): Finding {
  const field = describeField(scheme.row.signature);
  const value = scheme.read(view);
  if (value === null) return { kind: 'missing', field };
  if (value === CONFLICT) return found.contradictory(field);
  const token = withoutPrefix(value, scheme.row);
  if (token === null || token === '') return found.wrongFormat(field, scheme.expected);
  const matching = secrets.find((secret) => isSent(token, tokenText(secret.value, scheme.row)));
  if (matching) return { kind: 'valid', secretId: matching.id, clockSkewSeconds: null };
  return found.noSecretMatches(secrets);
}

const NOT_ASCII = /\P{ASCII}/u;
const BEYOND_LATIN1 = /[\u0100-\uffff]/;

/** Node gives header bytes as Latin-1: a secret beyond ASCII arrives as the Latin-1 reading of its UTF-8. */
function isSent(token: string, expected: string): boolean {
  if (!NOT_ASCII.test(token) || BEYOND_LATIN1.test(token)) return sameText(token, expected);
  return sameText(Buffer.from(token, 'latin1').toString('utf8'), expected);
}

/** Names of authentication schemes have no case (RFC 9110, 11.1); other prefixes have. */
export function withoutPrefix(
  value: string,
  { prefix = '', signature }: Pick<TokenRow, 'prefix' | 'signature'>
): string | null {
  const start = value.slice(0, prefix.length);
  const isScheme = signature.toLowerCase() === 'header:authorization';
  const fits = isScheme ? start.toLowerCase() === prefix.toLowerCase() : start === prefix;
  return fits ? value.slice(prefix.length) : null;
}
