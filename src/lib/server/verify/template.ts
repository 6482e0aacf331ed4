// What a provider signs: a template such as `v0:{ts}:{body}`, compiled once into pieces that go to the hash one by one,
// so that the body is never copied.

import { MAX_SORTED_FIELDS, sortedForm, type CONFLICT, type Value } from './form.ts';
import { header, reader } from './field.ts';
import type { View } from './view.ts';

/** What a template is filled from. */
export interface SignedInput {
  view: View;
  /** The spelling of the URL that is tried. */
  url: string;
  timestamp: string | null;
  id: Value;
  secret: string;
}

export interface Piece {
  /** For a sentence about its absence. */
  name: string;
  read(input: SignedInput): string | Buffer | null | typeof CONFLICT;
}

const PLACEHOLDER = /\{([a-z_]+)(?::([^{}?]+))?(\?)?\}/g;
/** HTTP gives bytes as Latin-1 text; a character beyond it cannot have come by HTTP and must not lose its upper byte. */
const BEYOND_LATIN1 = /[\u0100-\uffff]/;
const NOT_ASCII = /\P{ASCII}/u;

/**
 * @returns the pieces, or a sentence about the placeholder that is not known
 */
export function compileTemplate(template: string): readonly Piece[] | string {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > end) pieces.push(literal(template.slice(end, match.index)));
    const piece = placeholder(match[1] ?? '', match[2] ?? null);
    if (!piece)
      return `${match[0]} is not known: use {body}, {ts}, {id}, {method}, {url}, {header:Name} or {query:name}`;
    pieces.push(match[3] === undefined ? piece : optional(piece));
    end = match.index + match[0].length;
  }
  if (end < template.length) pieces.push(literal(template.slice(end)));
  return pieces;
}

const literal = (text: string): Piece => ({ name: text, read: () => text });

const optional = (piece: Piece): Piece => ({ name: piece.name, read: (input) => piece.read(input) ?? '' });

const PLAIN: Record<string, Piece['read']> = {
  body: ({ view }) => view.request.body,
  ts: ({ timestamp }) => fromHttp(timestamp),
  timestamp: ({ timestamp }) => fromHttp(timestamp),
  id: ({ id }) => fromHttp(id),
  secret: ({ secret }) => secret,
  method: ({ view }) => view.request.method,
  url: ({ url }) => fromHttp(url),
  url_decoded: ({ url }) => fromHttp(decodeReserved(url)),
  body_crlf: ({ view }) => Buffer.from(view.request.body.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1'),
  form_sorted: ({ view }) => sortedForm(view.request.body)
};

function placeholder(name: string, argument: string | null): Piece | null {
  if (argument === null) {
    const read = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
    const shown = name === 'form_sorted' ? `form of at most ${MAX_SORTED_FIELDS} fields` : name;
    return read ? { name: shown, read } : null;
  }
  if (name === 'header') {
    const lowerCase = argument.toLowerCase();
    return { name: `header ${argument}`, read: ({ view }) => fromHttp(header(view.request, lowerCase)) };
  }
  if (name !== 'query' && name !== 'form' && name !== 'json') return null;
  const read = reader(`${name}:${argument}`);
  return { name: `${name} field ${argument}`, read: ({ view }) => read(view) };
}

function fromHttp<T>(text: string | T): string | Buffer | T {
  if (typeof text !== 'string' || !NOT_ASCII.test(text)) return text;
  return Buffer.from(text, BEYOND_LATIN1.test(text) ? 'utf8' : 'latin1');
}

const RESERVED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/** HubSpot signs its URL with these characters decoded and every other one left as it is. */
function decodeReserved(url: string): string {
  return url.replace(RESERVED, (escape) => decodeURIComponent(escape));
}
