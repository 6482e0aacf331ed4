// `npm start`, on a fresh clone too: packages, build, then the server in this process's place. Runs on Node 20; the server
// needs the Node that comes with the packages.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install, nodePath } from './install.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SERVER = join(ROOT, 'src/server.ts');
const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

function main() {
  try {
    install(ROOT);
    build(ROOT);
  } catch (error) {
    console.error(`Holdfast could not start. ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  process.chdir(ROOT);
  if (typeof process.execve === 'function' && process.platform !== 'win32') becomeServer();
  else runServer();
}

/** From Node 22.15 on: the server gets our process id, and signals and exit codes need no one between. */
function becomeServer() {
  process.execve(nodePath(ROOT), [nodePath(ROOT), SERVER], process.env);
}

/**
 * Before that: the server is a child. It gets our signals, we end as it ends, and the channel between us tells it when we
 * are gone without a word (kill -9), so that it does not stay behind.
 */
function runServer() {
  const server = spawn(nodePath(ROOT), [SERVER], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of FORWARDED) process.on(signal, () => server.kill(signal));
  server.on('error', (error) => {
    console.error(`Holdfast could not start. ${error.message}`);
    process.exit(1);
  });
  server.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}

main();
