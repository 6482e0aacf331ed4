// The process: /in/* goes to the door, /api/v1/live to the live stream, health to its own answers, the rest to
// SvelteKit. Listens, drains, stops. Run by Node itself; the app lives in Kit's bundle and is taken from its slot, so
// that there is one copy of every module.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { App } from '#lib/server/app.ts';

const DRAIN_MS = 2400;
const STOP_MS = 5000;
/** Node closes what is idle only once, when it stops to listen. */
const CLOSE_IDLE_MS = 100;

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

interface Kit {
  handler(request: IncomingMessage, response: ServerResponse, next: () => void): void;
}

const isKit = (module: unknown): module is Kit => typeof module === 'object' && module !== null && 'handler' in module;
const isApp = (slot: unknown): slot is App => typeof slot === 'object' && slot !== null && 'announce' in slot;

/** Importing Kit's handler runs the init hook, which starts the app and leaves it in the slot. */
async function load(): Promise<{ kit: Kit; app: App }> {
  // Not a literal: the build is not there when types are checked.
  const built = '../build/handler.js';
  const kit: unknown = await import(built);
  const app: unknown = Reflect.get(globalThis, Symbol.for('holdfast.app'));
  if (!isKit(kit) || !isApp(app)) throw new Error('build/ is not a build of Holdfast: run "npm run build".');
  return { kit, app };
}

/** What the app has started ends with it: no PostgreSQL is left behind. */
async function giveUp(app: App, { message }: Error): Promise<void> {
  console.error(`Holdfast can't listen on ${app.config.host}:${app.config.port}: ${message}`);
  setTimeout(() => process.exit(1), STOP_MS).unref();
  await app.endStreams();
  await app.stop();
  process.exit(1);
}

function listen(app: App, kit: Kit): Server {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // A whole URL, as a proxy would be sent it, means its path.
    request.url = request.url?.replace(/^https?:\/\/[^/?]*/i, '') || '/';
    // Or a sender that never pauses would be cut in the middle of a request at last.
    if (!server.listening) response.shouldKeepAlive = false;
    if (app.handle(request, response)) return;
    kit.handler(request, response, () => response.writeHead(404).end());
  };
  const server = createServer(
    {
      headersTimeout: 15_000,
      requestTimeout: 60_000,
      connectionsCheckingInterval: 2000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 64 * 1024
    },
    answer
  );
  // Node would drop what is over its limit without a word; the head's size is limited anyway.
  server.maxHeadersCount = 0;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // The door says it itself, when it wants the body.
    if (!request.url?.startsWith('/in/')) response.writeContinue();
    answer(request, response);
  });
  server.on('error', (error) => void giveUp(app, error));
  server.listen(app.config.port, app.config.host, () => app.announce(server.address()));
  return server;
}

/** Streams end first, then what was accepted is answered, then the rest stops in reverse. */
async function stop(app: App, server: Server): Promise<never> {
  setTimeout(() => process.exit(1), STOP_MS).unref();
  await app.endStreams();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(closing);
  clearTimeout(cut);
  await app.stop();
  process.exit(0);
}

const { kit, app } = await load().catch(fail);
const server = listen(app, kit);
let stopping: Promise<never> | null = null;
const stopOnce = (): void => void (stopping ??= stop(app, server));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stopOnce);
// Under start.mjs: the parent was killed without a word.
process.on('disconnect', stopOnce);
