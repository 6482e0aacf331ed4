// `npm run demo`, on a fresh clone too: packages, build, a Holdfast on data of its own, and beside it what fills it with signed
// messages of several providers, failures, and balances that move. Runs on Node 20.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install, nodePath } from './install.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OWNER = { ADMIN_EMAIL: 'demo@holdfast.example', ADMIN_PASSWORD: 'look around' };
/** What is not set otherwise. The messages go on to a receiver on this machine. */
const USUAL = {
  ...{ HOST: '127.0.0.1', PORT: '3000', DATA_DIR: './data/demo', LOG_LEVEL: 'error' },
  ALLOW_PRIVATE_DESTINATIONS: '127.0.0.0/8'
};

function main() {
  try {
    install(ROOT);
    build(ROOT);
  } catch (error) {
    console.error(`The demo could not start. ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  process.chdir(ROOT);
  const environment = { ...OWNER, ...USUAL, API_KEY: randomBytes(24).toString('hex'), ...process.env };
  const url = `http://${environment.HOST}:${environment.PORT}`;
  console.log(`${url}: sign in as ${environment.ADMIN_EMAIL} with the password “${environment.ADMIN_PASSWORD}”.`);
  run(environment, url);
}

/** Both as children: whichever ends first, the other goes too. */
function run(environment, url) {
  const start = (file, parameters, options) => spawn(nodePath(ROOT), [join(ROOT, file), ...parameters], options);
  // The channel tells the server when we are gone without a word (kill -9), so that it does not stay behind.
  const server = start('src/server.ts', [], { env: environment, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const filling = start('src/demo/main.ts', [url], { stdio: ['pipe', 'inherit', 'inherit'] });
  // It may have ended before it read the key: its exit is what counts.
  filling.stdin.on('error', () => {});
  filling.stdin.end(environment.API_KEY);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
  filling.on('exit', () => server.kill('SIGTERM'));
  server.on('exit', (code) => {
    filling.kill('SIGTERM');
    process.exitCode = code ?? 1;
  });
}

main();
