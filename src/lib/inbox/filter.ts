// Which messages a list or a live subscription wants. One meaning for browser, API and stream: the API's SQL
// does what `matches` does, and searches the payload too.

import type { MessageStatus, MessageSummary, VerificationStatus } from './types.ts';

export const MESSAGE_STATUSES = ['failed', 'held', 'pending', 'succeeded', 'none'] as const satisfies MessageStatus[];
export const VERIFICATION_STATUSES = ['valid', 'invalid', 'none', 'pending'] as const satisfies VerificationStatus[];

/** Longest `q` and `event_type`, in characters: both are matched against every message. */
export const MAX_FILTER_TEXT = 200;

/** Every part given must hold; `{}` lets everything pass. */
export interface InboxFilter {
  /** A source's slug. */
  source?: string;
  /** The worst of the message's deliveries. */
  status?: MessageStatus;
  verification?: VerificationStatus;
  /** `*` stands for any run of characters, also none: `invoice.*`. Case counts. */
  event_type?: string;
  /**
   * Text found, whatever its case, in message id, event id, event type, path or query, and (by SQL only: a summary
   * has no payload) in the payload's text.
   */
  q?: string;
  /** Received at this time or later, ISO 8601. */
  since?: string;
}

/**
 * Whether a message passes. Exact but for `q`: false may still be a message with the text in its payload, so that the
 * one who can ask the database does (`live/late.ts`), and a browser trusts the stream instead of asking again.
 */
export function matches(filter: InboxFilter, message: MessageSummary): boolean {
  return matchesFields(filter, message) && (filter.q === undefined || textMatches(filter.q, message));
}

/** Everything but `q`: what a summary alone decides. */
export function matchesFields(filter: InboxFilter, message: MessageSummary): boolean {
  return (
    isOrAny(filter.source, message.source.slug) &&
    isOrAny(filter.status, message.status) &&
    isOrAny(filter.verification, message.verification.status) &&
    (filter.event_type === undefined || globMatches(filter.event_type, message.event_type ?? '')) &&
    (filter.since === undefined || Date.parse(message.received_at) >= Date.parse(filter.since))
  );
}

function isOrAny(wanted: string | undefined, is: string): boolean {
  return wanted === undefined || wanted === is;
}

function textMatches(text: string, message: MessageSummary): boolean {
  const needle = text.toLowerCase();
  const places = [message.id, message.event_id, message.event_type, message.path, message.query];
  return places.some((place) => place?.toLowerCase().includes(needle));
}

/**
 * Whether text fits a pattern in which `*` stands for any run of characters. Linear: not a regular expression, whose
 * backtracking a pattern of many stars would set going for every message.
 */
export function globMatches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

/**
 * Reads a filter from a URL's parameters; other parameters are left alone, empty ones count as not given.
 * @returns the filter, and one sentence a problem; a part with a problem is left out
 */
export function parseFilter(parameters: URLSearchParams): { filter: InboxFilter; problems: string[] } {
  const filter: InboxFilter = {};
  const problems: string[] = [];
  const given = (name: keyof InboxFilter) => parameters.get(name)?.trim() || undefined;

  const source = given('source');
  if (source !== undefined) filter.source = source;

  const choose = <T extends string>(name: keyof InboxFilter, options: readonly T[]) => {
    const value = given(name);
    const chosen = options.find((option) => option === value);
    if (value !== undefined && chosen === undefined) {
      problems.push(`${name} is "${value}": one of ${options.join(', ')} is needed.`);
    }
    return chosen;
  };
  const status = choose('status', MESSAGE_STATUSES);
  if (status !== undefined) filter.status = status;
  const verification = choose('verification', VERIFICATION_STATUSES);
  if (verification !== undefined) filter.verification = verification;

  for (const name of ['event_type', 'q'] as const) {
    const text = given(name);
    if (text === undefined) continue;
    if (text.length <= MAX_FILTER_TEXT) filter[name] = text;
    else problems.push(`${name} has ${text.length} characters: at most ${MAX_FILTER_TEXT} are taken.`);
  }

  const since = given('since');
  if (since !== undefined) readSince(since, filter, problems);
  return { filter, problems };
}

function readSince(since: string, filter: InboxFilter, problems: string[]): void {
  const time = Date.parse(since);
  if (Number.isNaN(time)) problems.push(`since is "${since}": a time such as 2026-01-31T12:00:00Z is needed.`);
  else filter.since = new Date(time).toISOString();
}

/** The inverse of parseFilter, in a fixed order: two equal filters make the same text. */
export function formatFilter(filter: InboxFilter): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of ['source', 'status', 'verification', 'event_type', 'q', 'since'] as const) {
    const value = filter[name];
    if (value !== undefined) parameters.set(name, value);
  }
  return parameters;
}
