// Who sends in the demo: sources of several providers, each with a secret made for this run, and what signs with it.

import { randomBytes, randomUUID } from 'node:crypto';
import { sampleMessage } from '#lib/server/verify/sample.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import { sign } from '#lib/server/verify/sign.ts';
import { call, post, type Server } from './server.ts';

export interface Sender {
  slug: string;
  /** The provider's own sample, signed. */
  sample(): Promise<void>;
  /** A body of the demo's, signed; `forged`: with another secret. */
  send(body: object, event?: { id?: string; type?: string; forged?: boolean }): Promise<void>;
}

/** Makes the source, or gives the one of an earlier run a new secret. */
export async function createSender(server: Server, slug: string, name: string): Promise<Sender> {
  const provider = providerOf(slug);
  const secret = secretFor(slug);
  const secrets = provider.needsSecret ? [secret] : [];
  const { status_code: status } = await call(server, 'POST /sources', {
    body: { slug, name, provider: slug, secrets },
    allowed: [409]
  });
  if (status === 409) await call(server, `PATCH /sources/${slug}`, { body: { secrets } });
  const url = `${server.url}/in/${slug}`;
  return {
    slug,
    sample: () => post(server, slug, sampleMessage(provider, { secret, url, now: Date.now() })),
    async send(content, { id = randomUUID(), type, forged = false } = {}) {
      const body = JSON.stringify(content);
      const told = {
        body,
        now: Date.now(),
        method: 'POST',
        url,
        id,
        ...(type === undefined ? {} : { eventType: type })
      };
      const signature = sign(provider, { ...told, secret: forged ? secretFor(slug) : secret });
      await post(server, slug, { body, headers: [['content-type', 'application/json'], ...signature] });
    }
  };
}

function providerOf(slug: string): Provider {
  const provider = findProvider(slug);
  if (provider === null) throw new Error(`There is no provider ${slug}.`);
  return provider;
}

/** Some providers' secrets are Base64 behind a prefix. */
const secretFor = (slug: string): string =>
  slug === 'standard-webhooks' ? `whsec_${randomBytes(24).toString('base64')}` : randomBytes(24).toString('hex');
