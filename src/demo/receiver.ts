// Where the demo's messages go on to: an HTTP server here, of which one path works and one is broken.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { call, type Server } from './server.ts';

/** Starts it. @returns its URL, and what ends it */
export async function startReceiver(): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.statusCode = request.url === '/broken' ? 500 : 200;
      response.end(request.url === '/broken' ? 'The warehouse is closed for stocktaking.' : 'ok');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver of the demo has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    }
  };
}

/** A destination that leads there, connected to the sources. One of an earlier run gets the new URL. */
export async function connectDestination(
  server: Server,
  { name, url, sources }: { name: string; url: string; sources: readonly string[] }
): Promise<void> {
  // Few tries, soon: in a demo nobody waits three days for a delivery to fail.
  const retry = { schedule_seconds: [2, 5] };
  const found = (await listOf(server, '/destinations')).find((one) => one['name'] === name);
  const { id } = found
    ? await call(server, `PATCH /destinations/${String(found['id'])}`, { body: { url } })
    : await call(server, 'POST /destinations', { body: { name, url, retry } });
  for (const source of sources)
    await call(server, 'POST /connections', { body: { source, destination: id }, allowed: [409] });
}

/** The items of a list, all of the first page. */
export async function listOf(server: Server, path: string): Promise<Record<string, unknown>[]> {
  const { data } = await call(server, `GET ${path}?limit=500`);
  return Array.isArray(data) ? data.filter((one): one is Record<string, unknown> => typeof one === 'object') : [];
}
