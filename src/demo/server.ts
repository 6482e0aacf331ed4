// The demo's way to the server: its API with a key, and its door as a sender.

import type { HeaderPair } from '#lib/inbox/types.ts';

export interface Server {
  url: string;
  apiKey: string;
}

/** Calls the API. @throws Error with the answer unless it is a success or a status in `allowed` */
export async function call(
  { url, apiKey }: Server,
  request: string,
  { body, allowed = [] }: { body?: object; allowed?: number[] } = {}
): Promise<Record<string, unknown>> {
  const [method = 'GET', path = ''] = request.split(' ');
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {})
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok && !allowed.includes(response.status))
    throw new Error(`${request} was answered ${response.status}: ${JSON.stringify(answer)}`);
  return { ...(typeof answer === 'object' ? answer : {}), status_code: response.status };
}

/** Posts a message as a sender does. What it is answered does not matter: some are meant to be refused. */
export async function post(
  { url }: Server,
  slug: string,
  { body, headers }: { body: string; headers: readonly HeaderPair[] }
): Promise<void> {
  const sent = headers.map(([name, value]): [string, string] => [name, value]);
  const response = await fetch(`${url}/in/${slug}`, { method: 'POST', body, headers: sent });
  await response.text();
}
