// What each state is called, drawn as and coloured: one table, so that every screen says the same.

import type { IconName } from './icons.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'wait' | 'accent' | 'neutral';

interface StatusLook {
  word: string;
  icon: IconName;
  tone: Tone;
}

/** Of a message, a delivery, a verdict or an attempt. */
export const STATUSES = {
  succeeded: { word: 'Succeeded', icon: 'check', tone: 'ok' },
  failed: { word: 'Failed', icon: 'cross', tone: 'bad' },
  pending: { word: 'Pending', icon: 'clock', tone: 'wait' },
  held: { word: 'Held', icon: 'held', tone: 'warn' },
  none: { word: 'No delivery', icon: 'minus', tone: 'neutral' },
  duplicate: { word: 'Duplicate', icon: 'duplicate', tone: 'neutral' },
  valid: { word: 'Verified', icon: 'check', tone: 'ok' },
  invalid: { word: 'Invalid signature', icon: 'warning', tone: 'warn' },
  unverified: { word: 'Not verified', icon: 'minus', tone: 'neutral' },
  verifying: { word: 'Being verified', icon: 'clock', tone: 'wait' },
  applied: { word: 'Applied', icon: 'check', tone: 'ok' },
  already_applied: { word: 'Already applied', icon: 'duplicate', tone: 'neutral' },
  ignored: { word: 'Ignored', icon: 'minus', tone: 'neutral' },
  error: { word: 'Error', icon: 'cross', tone: 'bad' }
} as const satisfies Record<string, StatusLook>;

export type Status = keyof typeof STATUSES;
