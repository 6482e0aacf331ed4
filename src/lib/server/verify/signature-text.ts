// Takes a signature's field apart: prefix, named parts, the timestamp among them.

import type { FullSignatureRow, SignatureScheme } from './scheme.ts';

export interface SignatureText {
  /** What is offered as a signature and has the length of one; one of them has to fit. */
  signatures: readonly string[];
  /** The timestamp's text, where it is one of the parts. */
  timestamp: string | null;
}

/** @returns null when the text does not have the row's form */
export function parseSignatureText(
  text: string,
  { row, signatureLength }: Pick<SignatureScheme, 'row' | 'signatureLength'>
): SignatureText | null {
  const [signatures, timestamps] = row.parts ? readParts(text, row, row.parts) : [withoutPrefix(text, row.prefix), []];
  const usable = signatures.filter(({ length }) =>
    signatureLength === null ? length > 0 : length === signatureLength
  );
  // Two timestamps: which of them was signed would be anybody's choice.
  const isTimed = row.timestamp?.part === undefined || timestamps.length === 1;
  return usable.length > 0 && isTimed ? { signatures: usable, timestamp: timestamps[0] ?? null } : null;
}

function readParts(
  text: string,
  row: FullSignatureRow,
  { separator, delimiter, name }: NonNullable<FullSignatureRow['parts']>
): [signatures: string[], timestamps: string[]] {
  const signatures: string[] = [];
  const timestamps: string[] = [];
  if (delimiter === '') {
    const [time, ...rest] = text.split(separator);
    return [rest, time === undefined ? [] : [time]];
  }
  for (const part of text.split(separator)) {
    const [partName, value] = cut(part.trim(), delimiter);
    if (partName === name) signatures.push(...withoutPrefix(value, row.prefix));
    else if (partName === row.timestamp?.part) timestamps.push(value);
  }
  return [signatures, timestamps];
}

function cut(part: string, delimiter: string): [name: string, value: string] {
  const at = part.indexOf(delimiter);
  return at === -1 ? ['', part] : [part.slice(0, at), part.slice(at + delimiter.length)];
}

const withoutPrefix = (text: string, prefix: string): string[] =>
  text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
