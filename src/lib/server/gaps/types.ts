// What a provider says it sent, and what a source's log has of it.

import type { RoutedSource } from '#lib/server/routing/types.ts';

/** How sending went, as the provider tells it. */
export interface SendResult {
  /** null: it does not say. */
  ok: boolean | null;
  status_code: number | null;
  text: string;
}

/** One event that the provider sent, or tried to. Times ISO 8601 in UTC. */
export interface Sent {
  /** What the provider's API asks for: a delivery's id at GitHub, the event's at Stripe. */
  id: string;
  event_id: string;
  event_type: string;
  sent_at: string;
  provider: SendResult;
}

/** ISO 8601; what was sent at or after `since` and before `until`. */
export interface Window {
  since: string;
  until: string;
}

/** One page of the provider's list, newest first. */
export interface SentPage {
  sent: Sent[];
  /** How many lines were looked at, those outside the window included, and when the oldest of them was sent. */
  count: number;
  backTo: string | null;
  next: string | null;
}

/** Why the provider's API can't be asked, or what it answered, in a sentence that names the next step. */
export interface GapProblem {
  code:
    'not_supported' | 'no_api_key' | 'no_hook' | 'provider_refused' | 'provider_rate_limited' | 'provider_unreachable';
  message: string;
}

export type OrProblem<T> = T | { problem: GapProblem };

export interface Filled {
  outcome: 'asked' | 'stored' | 'already_here';
  message: string;
  message_id: string | null;
}

/** A provider's API, for one source. */
export interface SentList {
  page(window: Window, cursor: string | null): Promise<OrProblem<SentPage>>;
  /** Has one of them sent again, or fetches it. */
  fill(id: string): Promise<OrProblem<Filled>>;
  /** What to know when reading the list. */
  notes(): Promise<OrProblem<string[]>>;
}

export const problem = (code: GapProblem['code'], message: string): { problem: GapProblem } => ({
  problem: { code, message }
});

/** A text option of a source; null where it is not set. */
export function textOption({ options }: RoutedSource, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
