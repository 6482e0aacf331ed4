// Checks one scheme against one message: field, form, proof, clock, in this order, so that the reason is the first thing
// that has to be mended.

import { createHash } from 'node:crypto';
import { describeField, valueAt } from './field.ts';
import * as found from './finding.ts';
import type { Finding } from './finding.ts';
import { CONFLICT, urlencodedField } from './form.ts';
import { checkJwt } from './jwt.ts';
import { describeKey, fits } from './key.ts';
import { prove, type Chunk, type Proven } from './proof.ts';
import { isJwt, isToken, type Scheme, type SignatureScheme } from './scheme.ts';
import { parseSignatureText, type SignatureText } from './signature-text.ts';
import type { SignedInput } from './template.ts';
import { describeUnit, readTimestamp } from './timestamp.ts';
import { checkToken } from './token.ts';
import type { VerifySecret } from './types.ts';
import { spellingsOfUrl } from './url.ts';
import type { View } from './view.ts';

export interface Judge {
  secrets: readonly VerifySecret[];
  /** When the message was received, milliseconds. Never the time of checking: stored messages are checked again. */
  now: number;
  /** In place of the row's own limit. */
  toleranceSeconds: number | null;
}

/** More items in one body than any provider sends. */
const MAX_ITEMS = 1000;

/** Whether one of the secrets proves the message by this scheme. */
export function check(scheme: Scheme, view: View, judge: Judge): Finding {
  const secrets = judge.secrets.filter((secret) => fits(secret.value, scheme.row.secrets));
  if (secrets.length === 0) return { kind: 'beside' };
  if (isToken(scheme)) return checkToken(scheme, view, secrets);
  if (isJwt(scheme)) return checkJwt(scheme, view, { ...judge, secrets });
  const beforehand = checkBodyHash(scheme, view);
  if (beforehand) return beforehand;
  const fitting = { ...judge, secrets };
  return scheme.each ? checkItems(scheme, view, fitting) : checkSignature(scheme, view, fitting);
}

function checkBodyHash({ row }: SignatureScheme, { request }: View): Finding | null {
  if (row.bodyHashInQuery === undefined) return null;
  const hash = urlencodedField(request.query, 'bodySHA256');
  if ((hash !== null) !== row.bodyHashInQuery) return { kind: 'beside' };
  if (hash === null) return null;
  return hash === createHash('sha256').update(request.body).digest('hex') ? null : found.bodyHashDiffers();
}

/** All of them must hold: one good item must not carry a forged one in. */
function checkItems(scheme: SignatureScheme, view: View, judge: Judge): Finding {
  const path = scheme.each ?? [];
  const list = valueAt(view.json(), path);
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  if (items.length === 0 || items.length > MAX_ITEMS) {
    return found.wrongFormat(`field ${path.join('.')} of the JSON body`, `a list of 1 to ${MAX_ITEMS} signed items`);
  }
  let last: Finding = { kind: 'beside' };
  for (const item of items) {
    last = checkSignature(scheme, { request: view.request, json: () => item }, judge);
    if (last.kind !== 'valid') return last;
  }
  return last;
}

function checkSignature(scheme: SignatureScheme, view: View, judge: Judge): Finding {
  const signed = readSigned(scheme, view);
  if ('kind' in signed) return signed;
  const secret = findSecret(scheme, { ...signed, view, judge });
  return 'kind' in secret ? secret : checkClock(scheme, judge, { secretId: secret.id, time: signed.time });
}

interface Time {
  text: string;
  ms: number;
}

/** What the message says of its signature. */
interface Signed {
  fieldText: string;
  signatures: readonly string[];
  time: Time | null;
}

function readSigned(scheme: SignatureScheme, view: View): Signed | Finding {
  const field = describeField(scheme.row.signature);
  const fieldText = scheme.read(view);
  if (fieldText === null) return { kind: 'missing', field };
  if (fieldText === CONFLICT) return found.contradictory(field);
  const unexpected = scheme.constants.find(({ read, value }) => read(view) !== value);
  if (unexpected) return found.wrongValue(describeField(unexpected.field), unexpected.value);
  const text = parseSignatureText(fieldText, scheme);
  if (!text) return found.wrongFormat(field, scheme.expected);
  const time = readTime(scheme, view, text);
  return time && 'kind' in time ? time : { fieldText, signatures: text.signatures, time };
}

function readTime(scheme: SignatureScheme, view: View, { timestamp }: SignatureText): Time | Finding | null {
  if (!scheme.row.timestamp) return null;
  const { unit } = scheme.row.timestamp;
  const field = describeField(scheme.timestampField?.field ?? scheme.row.signature);
  const text = scheme.timestampField ? scheme.timestampField.read(view) : timestamp;
  if (text === null) return found.absent(field);
  if (text === CONFLICT) return found.contradictory(field);
  const ms = readTimestamp(text, unit);
  if (ms !== null) return { text, ms };
  return found.wrongFormat(field, scheme.timestampField ? describeUnit(unit) : scheme.expected);
}

function findSecret(scheme: SignatureScheme, signed: Signed & { view: View; judge: Judge }): VerifySecret | Finding {
  const { view, judge } = signed;
  let hasKey = false;
  for (const url of spellingsOfUrl(view.request.url, scheme.row.urls)) {
    for (const secret of judge.secrets) {
      const proven = proveBy(scheme, signed, { url, secret });
      if (typeof proven === 'object') return proven;
      if (proven === 'proven') return secret;
      hasKey ||= proven === 'refuted';
    }
  }
  const [newest] = judge.secrets;
  return hasKey || !newest
    ? found.noSecretMatches(judge.secrets)
    : found.noKey(newest.label, describeKey(scheme.row.key));
}

function proveBy(
  scheme: SignatureScheme,
  { view, fieldText, signatures, time }: Signed & { view: View },
  { url, secret }: { url: string; secret: VerifySecret }
): Proven | Finding {
  const id = scheme.readId ? scheme.readId(view) : null;
  const chunks = fill(scheme, { view, url, timestamp: time?.text ?? null, id, secret: secret.value });
  if ('kind' in chunks) return chunks;
  return prove({ row: scheme.row, chunks, signatures, secret, fieldText, body: view.request.body });
}

/** What was signed, in pieces. */
function fill(scheme: SignatureScheme, input: SignedInput): Chunk[] | Finding {
  const chunks: Chunk[] = [];
  for (const piece of scheme.pieces) {
    const chunk = piece.read(input);
    const field = piece.name === 'id' && scheme.row.id ? describeField(scheme.row.id) : piece.name;
    if (chunk === null) return found.absent(field);
    if (chunk === CONFLICT) return found.contradictory(field);
    chunks.push(chunk);
  }
  return chunks;
}

function checkClock(
  { row }: SignatureScheme,
  judge: Judge,
  { secretId, time }: { secretId: number; time: Time | null }
): Finding {
  if (!time) return { kind: 'valid', secretId, clockSkewSeconds: null };
  // Adding 0 makes -0 a 0.
  const skew = Math.trunc((time.ms - judge.now) / 1000) + 0;
  const limit = judge.toleranceSeconds ?? row.timestamp?.toleranceSeconds ?? null;
  if (limit !== null && Math.abs(skew) > limit) return found.clockOff(skew, limit);
  return { kind: 'valid', secretId, clockSkewSeconds: skew };
}
