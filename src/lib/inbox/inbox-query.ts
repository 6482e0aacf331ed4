// What the inbox's URL says: which messages, and which page of them. The URL is the only state of the screen.

import { parseFilter, type InboxFilter } from './filter.ts';

/** Time ranges that move with the clock. */
export const RANGES = [
  { value: '15m', label: 'Last 15 minutes', seconds: 900 },
  { value: '1h', label: 'Last hour', seconds: 3600 },
  { value: '24h', label: 'Last 24 hours', seconds: 86_400 },
  { value: '3d', label: 'Last 3 days', seconds: 259_200 },
  { value: '7d', label: 'Last 7 days', seconds: 604_800 }
] as const;

const FILTER_PARAMETERS = ['source', 'status', 'verification', 'event_type', 'q', 'last', 'since', 'until'] as const;
const PLACE_PARAMETERS = ['cursor', 'before'] as const;

export interface InboxQuery {
  /** With `last` already turned into `since`. */
  filter: InboxFilter;
  /** Received before this time, ISO 8601. */
  until: string | null;
  last: string | null;
  /** From the server. */
  cursor: string | null;
  /** A message's id: what is older than it. */
  before: string | null;
  /** Parts that could not be read, one sentence each. */
  problems: string[];
}

/** @param now milliseconds since 1970 */
export function readInboxQuery(parameters: URLSearchParams, now: number): InboxQuery {
  const [zoned, problems] = [inUtc(parameters), new Array<string>()];
  const until = readUntil(zoned.get('until'), problems);
  const range = RANGES.find(({ value }) => value === zoned.get('last'));
  if (range && !zoned.has('since')) zoned.set('since', new Date(now - range.seconds * 1000).toISOString());
  const parsed = parseFilter(zoned);
  return {
    filter: parsed.filter,
    until,
    last: range?.value ?? null,
    cursor: parameters.get('cursor'),
    before: parameters.get('before'),
    problems: [...parsed.problems, ...problems]
  };
}

/** What a field of date and time gives has no zone: these fields are labelled UTC. Empty parts are left out. */
function inUtc(parameters: URLSearchParams): URLSearchParams {
  const zoned = new URLSearchParams(FILTER_PARAMETERS.flatMap((name) => given(parameters, name)));
  for (const name of ['since', 'until']) {
    const time = zoned.get(name) ?? '';
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(time)) zoned.set(name, `${time}Z`);
  }
  return zoned;
}

function readUntil(text: string | null, problems: string[]): string | null {
  if (text === null) return null;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  problems.push(`until is "${text}": a time such as 2026-01-31T12:00:00Z is needed.`);
  return null;
}

/** The part of a URL's parameters that is about the list: what a link to a message keeps. "?…", or "". */
export function listSearch(parameters: URLSearchParams, place: 'same' | 'first' = 'same'): string {
  const names = place === 'same' ? [...FILTER_PARAMETERS, ...PLACE_PARAMETERS] : FILTER_PARAMETERS;
  return search(names.flatMap((name) => given(parameters, name)));
}

/** The same list from another place on. */
export function searchAt(
  parameters: URLSearchParams,
  name: (typeof PLACE_PARAMETERS)[number],
  value: string | null
): string | null {
  if (value === null) return null;
  return search([...FILTER_PARAMETERS.flatMap((each) => given(parameters, each)), [name, value]]);
}

/** How many parts of the filter are given. */
export function filterCount(parameters: URLSearchParams): number {
  return FILTER_PARAMETERS.filter((name) => given(parameters, name).length > 0).length;
}

function given(parameters: URLSearchParams, name: string): [string, string][] {
  const value = parameters.get(name)?.trim();
  return value ? [[name, value]] : [];
}

function search(pairs: [string, string][]): string {
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
}
