// A message as a line for a shell, that sends its body again byte for byte.

import { messageHeaders } from './inbox-headers.ts';
import type { HeaderPair } from './types.ts';

export interface CurlMessage {
  method: string;
  url: string;
  headers: readonly HeaderPair[];
  /** In base64, so that a body that is no text comes through too; a name: the file that holds the body. */
  body: { base64: string } | { file: string };
}

/** What curl adds by itself, unless it is told not to. */
const ADDED_BY_CURL = ['User-Agent', 'Accept', 'Content-Type'];

/** For sh, bash and zsh: everything is quoted, nothing is read by the shell. */
export function messageCurl(message: CurlMessage): string {
  const headers = messageHeaders(message.headers);
  const { before, data } = bodyPart(message.body);
  const added = data === null ? ADDED_BY_CURL.slice(0, 2) : ADDED_BY_CURL;
  const unwanted = added.filter((name) => !headers.some(([given]) => given.toLowerCase() === name.toLowerCase()));
  const parts = [
    message.method === 'HEAD'
      ? `curl --head ${quoted(message.url)}`
      : `curl -X ${quoted(message.method)} ${quoted(message.url)}`,
    // A header without a value is written with a semicolon.
    ...headers.map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...unwanted.map((name) => `-H ${quoted(`${name}:`)}`),
    ...(data === null ? [] : [data])
  ];
  return before + parts.join(' \\\n  ');
}

function bodyPart(body: CurlMessage['body']): { before: string; data: string | null } {
  if ('file' in body) return { before: '', data: `--data-binary ${quoted(`@${body.file}`)}` };
  if (body.base64 === '') return { before: '', data: null };
  const text = shellText(body.base64);
  // Not --data: that reads a body that begins with @ as the name of a file.
  if (text !== null) return { before: '', data: `--data-raw ${quoted(text)}` };
  return { before: `printf %s ${quoted(body.base64)} | base64 -d | `, data: '--data-binary @-' };
}

/** The body as text that a shell passes on unchanged; null when there is none. */
function shellText(base64: string): string | null {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return UNSAFE.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** What a terminal would act on when the line is pasted. */
const UNSAFE = /[^\P{Cc}\n\t]/u;

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
