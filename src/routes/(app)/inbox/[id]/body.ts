// The body of a message as its page shows it: never all of a large one, and nothing cut without a word.

import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { HeaderPair } from '#lib/inbox/types.ts';

export const VIEWS = ['pretty', 'raw', 'hex'] as const;
export type BodyViewName = (typeof VIEWS)[number];

export interface BodyView {
  view: BodyViewName;
  /** Pretty and raw: text, bytes that are not UTF-8 as �. Hex: lines. */
  text: string;
  /** Bytes that are shown, out of `total`; both of what was decompressed, if it was. */
  shown: number;
  total: number;
  isUtf8: boolean;
  /** How the body is compressed, and whether what is shown is what was inside. */
  compression: { encoding: string; opened: boolean } | null;
}

const SHOWN_TEXT_BYTES = 256 * 1024;
const SHOWN_HEX_BYTES = 16 * 1024;
const MAX_DECOMPRESSED_BYTES = 8 * 1024 * 1024;

const DECODERS: Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress)
};

/** @param wanted the view asked for; null: the one that fits the bytes */
export async function bodyView(
  stored: Buffer,
  { headers, wanted }: { headers: readonly HeaderPair[]; wanted: string | null }
): Promise<BodyView> {
  const { bytes, compression } = await opened(stored, headers);
  const isText = isUtf8(bytes.subarray(0, SHOWN_TEXT_BYTES));
  const view = VIEWS.find((name) => name === wanted) ?? fitting(bytes, isText);
  // Hex is of the very bytes that came.
  if (view === 'hex') {
    const shown = stored.subarray(0, SHOWN_HEX_BYTES);
    return {
      ...{ view, text: hexLines(shown), shown: shown.length, total: stored.length, isUtf8: true },
      compression: null
    };
  }
  const shown = bytes.subarray(0, textEnd(bytes));
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(shown);
  return { view, text, shown: shown.length, total: bytes.length, isUtf8: isText, compression };
}

async function opened(stored: Buffer, headers: readonly HeaderPair[]) {
  const encoding = headers
    .find(([name]) => name.toLowerCase() === 'content-encoding')?.[1]
    .trim()
    .toLowerCase();
  if (!encoding || encoding === 'identity') return { bytes: stored, compression: null };
  try {
    const bytes = await DECODERS[encoding]?.(stored, { maxOutputLength: MAX_DECOMPRESSED_BYTES });
    return { bytes: bytes ?? stored, compression: { encoding, opened: bytes !== undefined } };
  } catch {
    // Not what it says it is, or a bomb.
    return { bytes: stored, compression: { encoding, opened: false } };
  }
}

function fitting(bytes: Buffer, isText: boolean): BodyViewName {
  if (!isText) return 'hex';
  const first = /\S/.exec(bytes.subarray(0, 1024).toString('utf8'))?.[0] ?? '';
  return '{["'.includes(first) && first !== '' ? 'pretty' : 'raw';
}

/** Not in the middle of a character. */
function textEnd(bytes: Buffer): number {
  let end = Math.min(bytes.length, SHOWN_TEXT_BYTES);
  if (end === bytes.length) return end;
  while (end > SHOWN_TEXT_BYTES - 4 && isContinuation(bytes[end])) end -= 1;
  return end;
}

const isContinuation = (byte = 0) => (byte & 0xc0) === 0x80;

function isUtf8(bytes: Buffer): boolean {
  try {
    // As a stream: the last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** "00000010  7b 22 69 64 …  {"id…" */
function hexLines(bytes: Buffer): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = bytes.subarray(offset, offset + 16);
    const hex = [...row].map((byte, i) => byte.toString(16).padStart(2, '0') + (i === 7 ? ' ' : '')).join(' ');
    const ascii = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(48)}  ${ascii}`);
  }
  return lines.join('\n');
}
