// What the local servers that speak a provider's API share: a key, a limit, JSON answers, and what they were asked.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProviderAnswer {
  status: number;
  /** Sent as it is. */
  text: string;
  headers?: Record<string, string>;
}

export interface ProviderServer {
  url: string;
  /** "GET /v1/events?limit=100" */
  asked: string[];
  /** Answers every request with this instead, until it is null again. */
  refuseWith: ProviderAnswer | null;
  /** Does it after the answer; close() waits for it. */
  later(work: () => Promise<void>): void;
  close(): Promise<void>;
}

interface ProviderParts {
  /** The only key that is taken. */
  key: string;
  wrongKey: ProviderAnswer;
  answer(request: { method: string; url: URL; form: URLSearchParams }): ProviderAnswer | Promise<ProviderAnswer>;
}

export const jsonAnswer = (body: unknown, status = 200, headers: Record<string, string> = {}): ProviderAnswer => ({
  status,
  text: JSON.stringify(body, null, 2),
  headers
});

/** Starts it on a free port. Close it. */
export async function startProviderServer({ key, wrongKey, answer }: ProviderParts): Promise<ProviderServer> {
  async function answerTo(request: IncomingMessage): Promise<ProviderAnswer> {
    provider.asked.push(`${request.method} ${request.url}`);
    const parts: Buffer[] = [];
    for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
    if (provider.refuseWith) return provider.refuseWith;
    if (request.headers.authorization !== `Bearer ${key}`) return wrongKey;
    const form = new URLSearchParams(Buffer.concat(parts).toString());
    return answer({ method: request.method ?? '', url: new URL(request.url ?? '', 'http://provider'), form });
  }
  const server = createServer((request, response) => {
    void answerTo(request).then(({ status, text, headers }) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const underWay = new Set<Promise<void>>();
  const provider: ProviderServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    refuseWith: null,
    later(work) {
      const done = new Promise((resolve) => setImmediate(resolve)).then(work).finally(() => underWay.delete(done));
      underWay.add(done);
    },
    async close() {
      await Promise.all(underWay);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  return provider;
}

/** Posts a webhook as a provider does. @returns the status it was answered, 0 when nobody took it */
export async function deliver(
  url: string,
  { body, headers }: { body: string; headers: Record<string, string> }
): Promise<number> {
  return fetch(url, { method: 'POST', body, headers }).then(
    async (response) => {
      await response.text();
      return response.status;
    },
    () => 0
  );
}
