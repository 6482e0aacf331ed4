// JSON as people read it, from its source text: only the white space between tokens changes. Numbers, repeated keys,
// the order of keys and escapes stay as they came.

import { scanJson, type JsonProblem, type TokenKind } from './json-scan.ts';

/** A piece of the output; `space` is white space of ours. */
export interface PrettyPiece {
  kind: TokenKind | 'space';
  text: string;
}

export interface PrettyLimits {
  /** Characters of the source. */
  source?: number;
  lines?: number;
}

export interface PrettyJson {
  pieces: PrettyPiece[];
  lines: number;
  /** Characters of the source that are in the pieces. Less than all of it: a limit was reached, or there is a problem. */
  shown: number;
  /** Where the source stops being JSON; lines and columns from 1. */
  problem: (JsonProblem & { line: number; column: number }) | null;
}

/** Deeper than this lines are not moved further in: 100,000 levels would take gigabytes of spaces. */
const MAX_INDENT_LEVELS = 48;
const INDENT = '  ';

/**
 * Re-indents JSON text. The pieces without `space`, put together, are the source without its own white space.
 * Never throws; of text that is not JSON the pieces are what comes before the problem.
 */
export function prettyJson(source: string, limits: PrettyLimits = {}): PrettyJson {
  const { source: maxSource = Infinity, lines: maxLines = Infinity } = limits;
  const writer = createWriter();
  let [shown, isCut] = [0, false];
  const problem = scanJson(source, (kind, start, end) => {
    isCut = end > maxSource || writer.linesWith(source[start]) > maxLines;
    if (isCut) return false;
    writer.write(kind, source.slice(start, end));
    shown = end;
    return true;
  });
  return {
    ...writer.written(),
    shown: problem || isCut ? shown : source.length,
    problem: problem && { ...problem, ...lineAndColumn(source, problem.offset) }
  };
}

/** Puts white space of ours before each token. */
function createWriter() {
  const pieces: PrettyPiece[] = [];
  let [depth, lines] = [0, 1];
  /** The last token, if it was punctuation. */
  let before = '';

  function space(first: string): void {
    if (breaksLine(before, first)) {
      lines += 1;
      pieces.push({ kind: 'space', text: `\n${INDENT.repeat(Math.min(depth, MAX_INDENT_LEVELS))}` });
    } else if (before === ':') pieces.push({ kind: 'space', text: ' ' });
  }

  return {
    linesWith: (first = '') => lines + (breaksLine(before, first) ? 1 : 0),
    write(kind: TokenKind, text: string): void {
      const mark = kind === 'punctuation' ? text : '';
      if (CLOSING.has(mark)) depth -= 1;
      space(mark);
      pieces.push({ kind, text });
      if (OPENING.has(mark)) depth += 1;
      before = mark;
    },
    written: () => ({ pieces, lines })
  };
}

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** After an opening bracket and a comma, and before a closing one; what is empty stays on its line. */
function breaksLine(before: string, first: string): boolean {
  return CLOSING.has(first) ? !OPENING.has(before) : OPENING.has(before) || before === ',';
}

function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  let [line, start] = [1, 0];
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Where a text stops being JSON, and why; null when it is JSON. */
export function jsonProblem(source: string): { line: number; column: number; message: string } | null {
  const problem = scanJson(source, () => true);
  return problem && { ...lineAndColumn(source, problem.offset), message: problem.message };
}
