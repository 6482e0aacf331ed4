// JSON read as text, token by token, without a stack of calls: nothing is parsed into values, so nothing is rounded,
// merged or reordered, and 100,000 levels are as good as one.

export type TokenKind = 'key' | 'string' | 'number' | 'literal' | 'punctuation';

/** What is wrong, and where: an offset in UTF-16 units from 0. */
export interface JsonProblem {
  offset: number;
  message: string;
  /** It would be none if the text went on in the right way: the text may have been cut. */
  atEnd: boolean;
}

/** Told of each token in order, by its offsets in the source; false ends the scan. */
export type OnToken = (kind: TokenKind, start: number, end: number) => boolean;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const FOUND = /[\w.+-]+|[^]/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** What may come next. `first`: a value or key, or at once the end of what was opened. */
type Expecting = 'value' | 'first-value' | 'key' | 'first-key' | 'colon' | 'separator' | 'end';

const WANTED: Record<Expecting, string> = {
  value: 'a value',
  'first-value': 'a value or ]',
  key: 'a key in double quotes',
  'first-key': 'a key in double quotes or }',
  colon: 'a colon',
  separator: 'a comma or the closing bracket',
  end: 'nothing more'
};

interface Scan {
  source: string;
  at: number;
  expecting: Expecting;
  /** Of each open container whether it is an object; grows with the depth, not with the calls. */
  open: boolean[];
}

/**
 * Scans JSON text as RFC 8259 has it.
 * @returns null when it is JSON as far as it was read: to its end, or to where onToken said false
 */
export function scanJson(source: string, onToken: OnToken): JsonProblem | null {
  const scan: Scan = { source, at: 0, expecting: 'value', open: [] };
  for (;;) {
    scan.at = skipSpace(source, scan.at);
    if (scan.at >= source.length) return scan.expecting === 'end' ? null : unfinished(scan);
    const start = scan.at;
    const kind = step(scan, source.charCodeAt(start));
    if (typeof kind !== 'string') return kind;
    if (!onToken(kind, start, scan.at)) return null;
  }
}

function skipSpace(source: string, from: number): number {
  let at = from;
  for (; ; at++) {
    const code = source.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
  }
}

/** Takes one token; what it was, or what is wrong. */
function step(scan: Scan, code: number): TokenKind | JsonProblem {
  switch (scan.expecting) {
    case 'value':
    case 'first-value':
      return value(scan, code);
    case 'key':
    case 'first-key':
      return key(scan, code);
    case 'colon':
      return code === COLON ? punctuation(scan, 'value') : unexpected(scan);
    case 'separator':
      return separator(scan, code);
    case 'end':
      return unexpected(scan);
  }
}

function value(scan: Scan, code: number): TokenKind | JsonProblem {
  if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
    scan.open.push(code === OPEN_OBJECT);
    return punctuation(scan, code === OPEN_OBJECT ? 'first-key' : 'first-value');
  }
  if (code === CLOSE_ARRAY && scan.expecting === 'first-value') return close(scan);
  if (code === QUOTE) return string(scan, 'string', afterValue(scan));
  return plain(scan, NUMBER, 'number') ?? plain(scan, LITERAL, 'literal') ?? unexpected(scan);
}

function key(scan: Scan, code: number): TokenKind | JsonProblem {
  if (code === QUOTE) return string(scan, 'key', 'colon');
  return code === CLOSE_OBJECT && scan.expecting === 'first-key' ? close(scan) : unexpected(scan);
}

function separator(scan: Scan, code: number): TokenKind | JsonProblem {
  const inObject = scan.open.at(-1) === true;
  if (code === COMMA) return punctuation(scan, inObject ? 'key' : 'value');
  return code === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY) ? close(scan) : unexpected(scan);
}

function punctuation(scan: Scan, next: Expecting): TokenKind {
  scan.at += 1;
  scan.expecting = next;
  return 'punctuation';
}

function close(scan: Scan): TokenKind {
  scan.open.pop();
  return punctuation(scan, afterValue(scan));
}

function afterValue(scan: Scan): Expecting {
  return scan.open.length === 0 ? 'end' : 'separator';
}

function plain(scan: Scan, pattern: RegExp, kind: TokenKind): TokenKind | null {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.source);
  if (found === null) return null;
  scan.at += found[0].length;
  scan.expecting = afterValue(scan);
  return kind;
}

/** By hand: a regular expression over a string of 25 MB runs out of stack. */
function string(scan: Scan, kind: TokenKind, next: Expecting): TokenKind | JsonProblem {
  const { source, at: start } = scan;
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) {
      scan.at = at + 1;
      scan.expecting = next;
      return kind;
    }
    if (code < 0x20) return problem(at, `Control character ${codePoint(code)} inside a string.`);
    if (code === BACKSLASH) {
      ESCAPE.lastIndex = at;
      const escape = ESCAPE.exec(source);
      if (escape === null) return problem(at, 'This escape is none that JSON knows.', at + 6 > source.length);
      at += escape[0].length - 1;
    }
  }
  return problem(start, 'This string has no end.', true);
}

function unexpected({ source, at, expecting }: Scan): JsonProblem {
  FOUND.lastIndex = at;
  const found = FOUND.exec(source)?.[0] ?? '';
  const shown = found.length > 20 ? `${found.slice(0, 20)}…` : found;
  const atEnd = at + found.length === source.length;
  return problem(at, `Found ${JSON.stringify(shown)} where ${WANTED[expecting]} is expected.`, atEnd);
}

function unfinished({ source, expecting }: Scan): JsonProblem {
  return problem(source.length, `The text ends where ${WANTED[expecting]} is expected.`, true);
}

const problem = (offset: number, message: string, atEnd = false): JsonProblem => ({ offset, message, atEnd });

const codePoint = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
