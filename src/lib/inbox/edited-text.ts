// A body and headers as one edits them in a form, and back. A browser sends every line break of a text field as CR LF, and may
// drop one at its very start: what was not changed must come back byte for byte all the same.

import type { HeaderPair } from './types.ts';

/** Larger bodies are not edited in a text field. */
const MAX_TEXT_BYTES = 256 * 1024;

/** The text of these bytes; null when they are none, or too many. */
export function editableText(bytes: Uint8Array): string | null {
  if (bytes.length > MAX_TEXT_BYTES || bytes.includes(0)) return null;
  try {
    // ignoreBOM: without it the decoder drops a BOM, and the bytes change unseen.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What was sent back for a text: the very text when nothing was changed, else with the line breaks that it has. */
export function textAfterEdit(original: string, submitted: string): string {
  const typed = withLineFeeds(submitted);
  const before = withLineFeeds(original);
  if (typed === before || `\n${typed}` === before) return original;
  return original.includes('\r\n') ? typed.replaceAll('\n', '\r\n') : typed;
}

const withLineFeeds = (text: string): string => text.replaceAll(/\r\n?/g, '\n');

/** "Name: value", a line each. */
export const headerLines = (headers: readonly HeaderPair[]): string =>
  headers.map(([name, value]) => `${name}: ${value}`).join('\n');

/** @returns the headers, or a sentence about the first line that is none */
export function readHeaderLines(text: string): HeaderPair[] | string {
  const headers: HeaderPair[] = [];
  for (const [index, line] of withLineFeeds(text).split('\n').entries()) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return `Line ${index + 1} of the headers is "${line.slice(0, 60)}": "Name: value" is needed.`;
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return headers;
}
