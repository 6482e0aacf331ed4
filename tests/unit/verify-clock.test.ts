// How far a sender's clock may be off, before and after, for every provider that signs the time.

import { describe, expect, test } from 'vitest';
import { aSecret, judge, NOW, signable, signedRequest, signingSecretFor } from '../support/signed-requests.ts';
import type { Provider } from '#lib/server/verify/provider.ts';

/** Seconds; null where the provider names none. */
function limitOf({ row }: Provider): number | null {
  const schemes = typeof row.schemes === 'function' ? [] : row.schemes;
  const clock = schemes.flatMap((scheme) => ('timestamp' in scheme ? [scheme.timestamp] : []));
  return clock[0]?.toleranceSeconds ?? null;
}

/** A token says itself from when until when it counts: verify-jwt.test.ts holds it to that. */
const clocked = signable.filter(
  ({ slug, family, options }) =>
    slug !== 'generic-hmac' && family !== 'jwt' && options.some(({ name }) => name === 'tolerance_seconds')
);
const limited = clocked.flatMap((provider) => {
  const limit = limitOf(provider);
  return limit === null ? [] : [[provider.slug, provider, limit] as const];
});
const unlimited = clocked.filter((provider) => limitOf(provider) === null);

test.each(unlimited.map((provider) => [provider.slug, provider] as const))(
  '%s has a limit once one is set',
  (_, provider) => {
    const late = { secrets: [aSecret(signingSecretFor(provider))], now: NOW + 20_000 };
    const request = signedRequest(provider, { secret: signingSecretFor(provider) });
    expect(judge(provider, request, late).status).toBe('valid');
    expect(judge(provider, request, { ...late, options: { tolerance_seconds: 10 } }).status).toBe('invalid');
  }
);

describe.each(limited)('the clock of %s', (_, provider, limit) => {
  const secret = signingSecretFor(provider);
  const request = signedRequest(provider, { secret });
  const secrets = [aSecret(secret)];

  test('a message is good up to the limit, before and after', () => {
    for (const seconds of [0, -limit, limit]) {
      expect(judge(provider, request, { secrets, now: NOW + seconds * 1000 })).toMatchObject({
        status: 'valid',
        clockSkewSeconds: seconds === 0 ? 0 : -seconds
      });
    }
  });

  test('past the limit it is refused, in the past as in the future, and says by how much', () => {
    for (const seconds of [limit + 1, -limit - 1, 400_000_000, -400_000_000]) {
      const verdict = judge(provider, request, { secrets, now: NOW + seconds * 1000 });
      expect(verdict).toMatchObject({ status: 'invalid', secretId: null, clockSkewSeconds: -seconds });
      expect(verdict.reason).toContain(`Clock ${Math.abs(seconds)} s off (limit ${limit} s)`);
    }
  });

  test('a source may set its own limit', () => {
    const late = NOW + 20_000;
    expect(judge(provider, request, { secrets, now: late, options: { tolerance_seconds: 10 } }).status).toBe('invalid');
    expect(judge(provider, request, { secrets, now: late, options: { tolerance_seconds: 20 } }).status).toBe('valid');
    // What is no limit at all leaves the provider's own.
    for (const tolerance of [0, -1, NaN, Infinity, '9999', null]) {
      const verdict = judge(provider, request, {
        secrets,
        now: NOW + limit * 1000 + 100_000,
        options: { tolerance_seconds: tolerance }
      });
      expect(verdict.status, String(tolerance)).toBe('invalid');
      const early = judge(provider, request, { secrets, now: NOW + 2_000, options: { tolerance_seconds: tolerance } });
      expect(early.status, String(tolerance)).toBe('valid');
    }
  });
});
