// Fields of form bodies and query lines, found without decoding the rest: a body of 25 MiB of `&` stays cheap.

import type { SignedRequest } from './types.ts';

/** A value that stands there twice with different contents: nobody can say which one was meant. */
export const CONFLICT: unique symbol = Symbol('conflict');
export type Value = string | null | typeof CONFLICT;

/** More than a provider sends; a longer form is not read as one. */
export const MAX_SORTED_FIELDS = 2000;

/** Adds one more occurrence to what was found so far. */
export function combine(found: Value, next: string): Value {
  return found === null || found === next ? next : CONFLICT;
}

/** Decodes `+` and `%XX` as forms do; malformed escapes stay as they are. Never throws. */
export function decodeFormText(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

/** The value of one field of `a=1&b=2`. */
export function urlencodedField(text: string, name: string): Value {
  let found: Value = null;
  // Searched for again only once passed: a body without any `=` is gone through once, not once for each `&`.
  let equals = text.indexOf('=');
  for (let start = 0; start <= text.length;) {
    const next = text.indexOf('&', start);
    const end = next === -1 ? text.length : next;
    if (equals !== -1 && equals < start) equals = text.indexOf('=', start);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    if (nameEnd > start && decodeFormText(text.slice(start, nameEnd)) === name) {
      found = combine(found, decodeFormText(text.slice(Math.min(nameEnd + 1, end), end)));
    }
    start = end + 1;
  }
  return found;
}

/** The value of one field of a form body, urlencoded or multipart by its content type. */
export function formField(request: SignedRequest, name: string): Value {
  const boundary = multipartBoundary(request);
  if (boundary !== null) return multipartField(request.body, boundary, name);
  return urlencodedField(request.body.toString('utf8'), name);
}

/**
 * Names and values run together, names sorted, the values of a repeated name sorted and without doubles, as Twilio
 * signs them. The body is read as a form whatever its content type says, so that all of it is always covered.
 */
export function sortedForm(body: Buffer): string | null {
  if (body.length === 0) return '';
  const pairs = body.toString('utf8').split('&', MAX_SORTED_FIELDS + 1);
  if (pairs.length > MAX_SORTED_FIELDS) return null;
  const fields = new Map<string, Set<string>>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decodeFormText(equals === -1 ? pair : pair.slice(0, equals));
    const values = fields.get(name) ?? new Set();
    fields.set(name, values.add(equals === -1 ? '' : decodeFormText(pair.slice(equals + 1))));
  }
  const names = [...fields.keys()].sort();
  return names.flatMap((name) => [...(fields.get(name) ?? [])].sort().map((value) => name + value)).join('');
}

const BOUNDARY = /^multipart\/form-data;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;

function multipartBoundary(request: SignedRequest): string | null {
  for (const [name, value] of request.headers) {
    if (name.length === 12 && name.toLowerCase() === 'content-type') {
      const match = BOUNDARY.exec(value);
      return match ? (match[1] ?? match[2] ?? null) : null;
    }
  }
  return null;
}

const PART_NAME = /^content-disposition:[^\r\n]*?[;\s]name="([^"\r\n]*)"/im;

function multipartField(body: Buffer, boundary: string, name: string): Value {
  const delimiter = Buffer.from(`--${boundary}`);
  let found: Value = null;
  let start = body.indexOf(delimiter);
  while (start !== -1) {
    const from = start + delimiter.length;
    const end = body.indexOf(delimiter, from);
    const headersEnd = body.indexOf('\r\n\r\n', from);
    if (end === -1 || headersEnd === -1 || headersEnd > end) return found;
    const head = body.toString('latin1', from, headersEnd);
    if (PART_NAME.exec(head)?.[1] === name) found = combine(found, body.toString('utf8', headersEnd + 4, end - 2));
    start = end;
  }
  return found;
}
