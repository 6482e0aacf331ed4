// A token bucket for each source and sender. In memory and bounded: when it has to forget, it lets pass (it fails open).

const MAX_BUCKETS = 50_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Makes a limiter whose bursts are one second's worth. @param clock milliseconds */
export function createRateLimit(clock: () => number) {
  const buckets = new Map<string, Bucket>();
  return {
    /** Takes one; false when this sender is over `perSecond` on this source. */
    take(sourceId: number, remoteIp: string, perSecond: number): boolean {
      const key = `${sourceId} ${remoteIp}`;
      const now = clock();
      const bucket = buckets.get(key) ?? { tokens: perSecond, at: now };
      const tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
      if (!buckets.has(key) && buckets.size >= MAX_BUCKETS) buckets.clear();
      buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
      return tokens >= 1;
    }
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
