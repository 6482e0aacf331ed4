// A small event as a provider would send it: for "Send a test message", curl lines and demo data.

import { randomUUID } from 'node:crypto';
import type { HeaderPair } from '#lib/inbox/types.ts';
import type { Options, Provider } from './provider.ts';
import { sign } from './sign.ts';

/**
 * Body and headers of a sample event; sign() adds the signature. Each call is an event of its own, so that a second test
 * is not taken for a duplicate of the first.
 * @param fresh what to fill in, for samples that have to be the same each time; `now` in milliseconds
 */
export function samplePayload(
  provider: Provider,
  fresh: { id?: string; now?: number } = {}
): { body: string; headers: HeaderPair[] } {
  const { body, headers = [], contentType = 'application/json' } = provider.row.sample;
  const id = fresh.id ?? randomUUID().replaceAll('-', '').slice(0, 24);
  const now = fresh.now ?? Date.now();
  const fill = (text: string): string =>
    text
      .replaceAll('"{now}"', String(Math.floor(now / 1000)))
      .replaceAll('"{now_ms}"', String(now))
      .replaceAll('{now}', String(Math.floor(now / 1000)))
      .replaceAll('{now_iso}', new Date(now).toISOString())
      .replaceAll('{id}', id);
  return {
    body: fill(typeof body === 'string' ? body : JSON.stringify(body)),
    headers: [['Content-Type', contentType], ...headers.map(([name, value]): HeaderPair => [name, fill(value)])]
  };
}

/** A signed sample event, ready to be sent to `url`. @throws {Error} as sign() does */
export function sampleMessage(
  provider: Provider,
  to: { secret: string; url: string; now: number; method?: string; options?: Options }
): { method: string; body: string; headers: HeaderPair[] } {
  const { body, headers } = samplePayload(provider, { now: to.now });
  const method = to.method ?? 'POST';
  return { method, body, headers: [...headers, ...sign(provider, { ...to, method, body, headers })] };
}
