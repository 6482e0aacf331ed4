// Which time of the provider's list is looked at: what the form of the page says, in its URL.

import type { Window } from '#lib/server/gaps/types.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
const MAX_HOURS = 30 * 24;

export interface Asked {
  window: Window;
  cursor: string | null;
  onlyMissing: boolean;
}

/** What the form shows again. */
export interface ShownForm {
  hours: number;
  since: string;
  until: string;
  onlyMissing: boolean;
}

export function shownForm(query: URLSearchParams): ShownForm {
  const [hours, since, until] = ['hours', 'since', 'until'].map((name) => query.get(name) ?? '');
  const isCount = /^[1-9]\d{0,2}$/.test(hours ?? '');
  return {
    ...{ hours: isCount ? Math.min(Number(hours), MAX_HOURS) : DEFAULT_HOURS, since: since ?? '', until: until ?? '' },
    onlyMissing: query.get('only') === 'missing'
  };
}

/** @returns null when nothing has been asked yet; `problem` when it can't be understood */
export function readAsked(query: URLSearchParams, now: number): Asked | { problem: string } | null {
  if (!['hours', 'since', 'until'].some((name) => query.get(name))) return null;
  const { hours, since, until, onlyMissing } = shownForm(query);
  const end = until === '' ? now : utc(until);
  const start = since === '' ? end - hours * HOUR_MS : utc(since);
  if (Number.isNaN(start) || Number.isNaN(end))
    return { problem: 'A date and a time are needed, such as 2026-01-31 12:00.' };
  if (start >= end) return { problem: 'From has to be a time before To.' };
  const window = { since: new Date(start).toISOString(), until: new Date(end).toISOString() };
  return { window, cursor: query.get('cursor'), onlyMissing };
}

/** A field of date and time has no zone; what is in a link of ours has one. */
const utc = (text: string): number => Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);

/** The same question, further back: its times are those of the first, or the list would move under the reader. */
export function furtherBack({ window, onlyMissing }: Asked, cursor: string): string {
  const query = new URLSearchParams({ ...window, cursor, ...(onlyMissing ? { only: 'missing' } : {}) });
  return `?${query.toString()}`;
}
