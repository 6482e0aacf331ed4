// Before the way: a clone gets its packages and its build, each only when it is not up to date. Runs on Node 20, on nothing
// but Node; start.mjs and tests/run.mjs use it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';

const BUILT_FROM = ['src', 'static', 'svelte.config.js', 'vite.config.ts', 'package.json', 'package-lock.json'];

/** @param {string} root the project's directory @returns {string} the Node that everything runs on once it is installed */
export const nodePath = (root) => join(root, 'node_modules/.bin/node');

/**
 * Installs the packages of package-lock.json, unless that was done. Shows npm's progress.
 * @param {string} root the project's directory
 * @throws {Error} when npm fails
 */
export function install(root) {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules/.holdfast-installed');
  const wanted = digest(root, [lock]);
  if (read(stamp) === wanted) return;
  if (existsSync(stamp) || !installedByHand(root, lock)) {
    console.log('Installing packages (a minute or so) …');
    // npm removes node_modules first: it must not run on the Node in there.
    run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
      root,
      path: pathWithout(join(root, 'node_modules/.bin'))
    });
  }
  writeFileSync(stamp, wanted);
}

/**
 * Builds the pages, unless the build is of the same sources. Shows Vite's progress.
 * @param {string} root the project's directory, with its packages installed
 * @throws {Error} when the build fails
 */
export function build(root) {
  const stamp = join(root, 'build/.holdfast-built');
  const sources = BUILT_FROM.flatMap((name) => filesOf(join(root, name)));
  const wanted = digest(root, sources);
  if (read(stamp) === wanted) return;
  console.log('Building the pages …');
  run(nodePath(root), [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], { root });
  writeFileSync(stamp, wanted);
}

/** npm's own record of what it installed is younger than what it installed it from. */
function installedByHand(root, lock) {
  const record = join(root, 'node_modules/.package-lock.json');
  return existsSync(record) && existsSync(nodePath(root)) && statSync(record).mtimeMs >= statSync(lock).mtimeMs;
}

function run(command, parameters, { root, path = process.env['PATH'] }) {
  const result = spawnSync(command, parameters, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  if (result.status === 0) return;
  const how = result.error?.message ?? `ended with ${result.signal ?? `exit code ${result.status}`}`;
  throw new Error(`"${[command, ...parameters].join(' ')}" failed: ${how}.`);
}

function pathWithout(directory) {
  const parts = (process.env['PATH'] ?? '').split(delimiter);
  return parts.filter((part) => part !== directory).join(delimiter);
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** SHA-256 over names and contents. */
function digest(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${relative(root, path)}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
