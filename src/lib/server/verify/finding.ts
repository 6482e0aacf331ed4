// What checking one scheme can find, and the sentence that a person reads about it.

import type { Provider } from './provider.ts';
import type { VerifySecret } from './types.ts';

export type Finding =
  | { kind: 'valid'; secretId: number; clockSkewSeconds: number | null }
  | { kind: 'invalid'; weight: Weight; reason: string; clockSkewSeconds: number | null }
  /** `field`: what a message of this scheme would carry. */
  | { kind: 'missing'; field: string }
  /** The scheme is not about this source's secrets, or this request. */
  | { kind: 'beside' };

/** Of several schemes that failed, the one that came furthest is the one to talk about. */
type Weight = 'format' | 'key' | 'mismatch' | 'clock';
const WEIGHTS: Record<Weight, number> = { format: 1, key: 2, mismatch: 3, clock: 4 };

const invalid = (weight: Weight, reason: string, clockSkewSeconds: number | null = null): Finding => ({
  kind: 'invalid',
  weight,
  reason,
  clockSkewSeconds
});

export const wrongFormat = (field: string, expected: string): Finding =>
  invalid('format', `The ${field} has the wrong format: expected ${expected}.`);

export const contradictory = (field: string): Finding =>
  invalid('format', `The ${field} came more than once with different values: nobody can say which one is meant.`);

export const wrongValue = (field: string, value: string): Finding =>
  invalid('format', `The ${field} is not ${value}, the only value this scheme is known with.`);

export const noKey = (label: string, needed: string): Finding =>
  invalid(
    'key',
    `The secret "${label}" cannot be used: it must be ${needed}. Paste it again as the provider shows it.`
  );

export const bodyHashDiffers = (): Finding =>
  invalid('mismatch', 'The body was changed on its way: its SHA-256 is not the bodySHA256 of the URL.');

export const claimDiffers = (claim: string): Finding =>
  invalid(
    'mismatch',
    `The token is signed, but its claim ${claim} does not fit this message: it was made for another message or URL, or the message was changed on its way.`
  );

export const absent = (field: string): Finding => invalid('format', `The ${field} is missing.`);

/** White space at the ends of a secret is rarely meant, and easily pasted along. */
export function noSecretMatches(secrets: readonly VerifySecret[]): Finding {
  const spaced = secrets.find(({ value }) => value !== value.trim());
  const hint = spaced ? ` The secret "${spaced.label}" begins or ends with white space.` : '';
  return invalid(
    'mismatch',
    `No secret matches (${secrets.length} tried): another secret signed it, or the message was changed after it was signed.${hint}`
  );
}

/** @param skewSeconds the sender's timestamp minus the receive time */
export function clockOff(skewSeconds: number, limitSeconds: number): Finding {
  const off = Math.abs(skewSeconds);
  const direction = skewSeconds < 0 ? 'before it arrived: it is old, or a replay' : 'in the future';
  return invalid(
    'clock',
    `Clock ${off} s off (limit ${limitSeconds} s): it was signed ${off} s ${direction}.`,
    skewSeconds
  );
}

/** A provider with a hundred signature headers names them all alike. */
const MAX_FIELDS = 4;

export const tokenExpired = (ageSeconds: number, limitSeconds: number): Finding =>
  invalid(
    'clock',
    `The token had expired ${ageSeconds} s before it arrived (limit ${limitSeconds} s): it is old, or a replay.`
  );

/** The finding to report when no scheme was proven. `missing` ones are named together. */
export function summarise(findings: readonly Finding[], provider: Provider): Finding & { kind: 'invalid' } {
  let worst: (Finding & { kind: 'invalid' }) | null = null;
  const missing = new Set<string>();
  for (const finding of findings) {
    if (finding.kind === 'missing') missing.add(finding.field);
    if (finding.kind === 'invalid' && (!worst || WEIGHTS[finding.weight] > WEIGHTS[worst.weight])) worst = finding;
  }
  if (worst) return worst;
  const reason =
    missing.size === 0
      ? `No secret of this source is of a kind that ${provider.name} signs with: add its ${provider.secretLabel}.`
      : `The ${[...missing].slice(0, MAX_FIELDS).join(' or the ')} is missing: ${provider.name} sends it once its secret is set there.`;
  return { kind: 'invalid', weight: 'format', reason, clockSkewSeconds: null };
}
