// A Chromium for the end-to-end tests: the system's, else Debian's package, else Playwright's download.

import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC_PATHS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const PLAYWRIGHT = 'node_modules/playwright/cli.js';

/**
 * Finds a browser or gets one. Shows what it does.
 * @param {string} node the Node that Playwright runs on
 * @returns {string} the path of its executable
 * @throws {Error} when none can be had; the message says what to do
 */
export function findBrowser(node) {
  const given = process.env['HOLDFAST_BROWSER'];
  if (given) {
    if (isExecutable(given)) return given;
    throw new Error(`HOLDFAST_BROWSER is "${given}", which cannot be run: give the path of a Chromium or Chrome.`);
  }
  const found = installed() ?? ownOfPlaywright(node) ?? fromDebian() ?? fromPlaywright(node);
  if (found) return found;
  throw new Error(
    'No Chromium for the end-to-end tests, and none could be installed. Install Chromium or Google Chrome, ' +
      'or set HOLDFAST_BROWSER to the path of one.'
  );
}

function installed() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...paths, ...MAC_PATHS].find(isExecutable) ?? null;
}

function fromDebian() {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return null;
  console.log("Installing Debian's chromium for the end-to-end tests …");
  succeeds('apt-get', ['update', '-qq']);
  succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  return installed();
}

function fromPlaywright(node) {
  console.log("Downloading Playwright's Chromium for the end-to-end tests …");
  succeeds(node, [PLAYWRIGHT, 'install', 'chromium']);
  return ownOfPlaywright(node);
}

function ownOfPlaywright(node) {
  const print = "import('playwright').then(({ chromium }) => console.log(chromium.executablePath()))";
  const path = execFileSync(node, ['-e', print], { encoding: 'utf8' }).trim();
  return isExecutable(path) ? path : null;
}

function succeeds(command, parameters) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
