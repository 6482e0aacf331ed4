// Step 2 of a message's way: did the provider send it? Pure: message, secrets and receive time in, verdict out.

import { check } from './check.ts';
import { summarise, type Finding } from './finding.ts';
import type { Options, Provider } from './provider.ts';
import { sendersOf } from './senders.ts';
import type { SignedRequest, Verdict, VerifySecret } from './types.ts';
import { viewOf } from './view.ts';

export interface VerifyContext {
  /** Newest first. One that fits is enough; blank ones count for nothing. */
  secrets: readonly VerifySecret[];
  /** The source's options; not changed in place (compiled once for each object). */
  options: Options;
  /** When the message was received, milliseconds since 1970: never the time of checking. */
  now: number;
}

const UNVERIFIED: Verdict = { status: 'none', reason: null, secretId: null, clockSkewSeconds: null };

/**
 * Judges a message. Whatever is missing, doubled, malformed or not known makes it `invalid`, never valid; `none` is only
 * said of providers that verify nothing. Never throws for what a request or an option contains.
 */
export function verify(provider: Provider, request: SignedRequest, context: VerifyContext): Verdict {
  const schemes = provider.schemes(context.options);
  if (typeof schemes === 'string') return invalid(`The source cannot verify anything yet: ${schemes}.`);
  if (!provider.needsSecret && schemes.length === 0) return UNVERIFIED;
  const secrets = context.secrets.filter((secret) => secret.value.trim() !== '');
  if (secrets.length === 0) {
    return invalid(`The source has no secret yet: add the ${provider.secretLabel} that ${provider.name} shows.`);
  }
  const view = viewOf(request, { jsonInForm: provider.row.jsonInForm });
  const judge = { secrets, now: context.now, toleranceSeconds: toleranceOf(context.options) };
  const findings: Finding[] = [];
  for (const scheme of schemes) {
    const finding = check(scheme, view, judge);
    if (finding.kind === 'valid') {
      return { status: 'valid', reason: null, secretId: finding.secretId, clockSkewSeconds: finding.clockSkewSeconds };
    }
    findings.push(finding);
  }
  const { reason, clockSkewSeconds } = summarise(findings, provider);
  const isUnsigned = findings.every((finding) => finding.kind === 'missing');
  return invalid(isUnsigned ? reason + sendersOf(request, provider) : reason, clockSkewSeconds);
}

const invalid = (reason: string, clockSkewSeconds: number | null = null): Verdict => ({
  status: 'invalid',
  reason,
  secretId: null,
  clockSkewSeconds
});

function toleranceOf({ tolerance_seconds: seconds }: Options): number | null {
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
