// Is this body JSON, and can PostgreSQL look into it? Decided on the exact bytes, never on the declared type.

/** Deeper than this, `->>` on the row may exceed PostgreSQL's stack and fail a whole query. */
const MAX_QUERYABLE_DEPTH = 512;

export interface Payload {
  /** Valid UTF-8 and valid JSON: stored as json, verbatim. */
  isJson: boolean;
  /** JSON that `->>` can be used on: no \u0000, no lone surrogate, not too deep. */
  queryable: boolean;
  /** JSON.parse of it; undefined when it is not JSON. Never shown as the message. */
  value: unknown;
}

const NOT_JSON: Payload = { isJson: false, queryable: false, value: undefined };
// ignoreBOM: without it the decoder drops a BOM, and the bytes change unseen.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Looks at a body once. Never throws. */
export function readPayload(body: Buffer): Payload {
  const [first] = body;
  if (first === undefined || first > 0x7f) return NOT_JSON;
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(body);
    value = JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
  const queryable = depthWithin(body, MAX_QUERYABLE_DEPTH) && !hasUnqueryableEscape(text);
  return { isJson: true, queryable, value };
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Brackets inside strings count too. Unbalanced ones there can only mislead towards "too deep" or hide as many levels
 * as there are closing brackets in strings; PostgreSQL's own limit is an order of magnitude above ours.
 */
function depthWithin(body: Buffer, limit: number): boolean {
  let depth = 0;
  for (const byte of body) {
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > limit) return false;
    } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && depth > 0) depth -= 1;
  }
  return true;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|.)/gs;
const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** \u0000 or half a surrogate pair, as an escape. (Raw lone surrogates are no UTF-8 and never get here.) */
function hasUnqueryableEscape(text: string): boolean {
  if (!text.includes('\\u')) return false;
  let highEndsAt: number | null = null;
  for (const match of text.matchAll(ESCAPE)) {
    const code = match[1] === undefined ? -1 : Number.parseInt(match[1], 16);
    const completes = highEndsAt === match.index && isLow(code);
    if (code === 0 || completes !== isLow(code) || (highEndsAt !== null && !completes)) return true;
    highEndsAt = isHigh(code) ? match.index + match[0].length : null;
  }
  return highEndsAt !== null;
}
