// `npm start`'s launcher on a project of stubs: what it runs, when, and that it is not in the way of signals.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startOfProcess } from '#lib/server/database/embedded-process.ts';
import { until } from '../support/until.ts';

/** As on a Node that has no execve: the launcher stays, as the server's parent. */
const AS_PARENT = ['--import', 'data:text/javascript,process.execve=undefined'];

const STUB_VITE = `import { mkdirSync } from 'node:fs'; console.log('vite ' + process.argv[2]); mkdirSync('build', { recursive: true });`;
const STUB_SERVER = `
  const end = (why) => { console.log('ended by ' + why); process.exit(7); };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('disconnect', () => end('disconnect'));
  setInterval(() => {}, 1000);
  console.log('server ' + process.pid);`;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-start-'));
  await file('package-lock.json', '{}');
  await file('node_modules/vite/bin/vite.js', STUB_VITE);
  await file('package.json', '{"type":"module"}');
  await mkdir(join(root, 'node_modules/.bin'));
  await symlink(process.execPath, join(root, 'node_modules/.bin/node'));
  await file('node_modules/.package-lock.json', '{}');
  for (const name of ['start.mjs', 'install.mjs']) {
    await mkdir(join(root, 'src'), { recursive: true });
    await cp(`src/${name}`, join(root, 'src', name));
  }
});
beforeEach(() => file('src/server.ts', STUB_SERVER));
afterAll(() => rm(root, { recursive: true }));

async function file(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

interface Launched {
  launcher: ChildProcess;
  output(): string;
  serverPid(): Promise<number>;
  ended: Promise<[code: number | null, signal: string | null]>;
}

function launch(flags: string[] = []): Launched {
  const launcher = spawn(process.execPath, [...flags, join(root, 'src/start.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let output = '';
  for (const stream of [launcher.stdout, launcher.stderr])
    stream.on('data', (data: Buffer) => (output += String(data)));
  onTestFinished(() => void launcher.kill('SIGKILL'));
  const ended = once(launcher, 'close').then(([code, signal]): [number | null, string | null] => [code, signal]);
  const pid = () => /server (\d+)/.exec(output)?.[1];
  const serverPid = async () => {
    await until(() => pid() !== undefined, { failure: () => `The server did not start: ${output}` });
    return Number(pid());
  };
  return { launcher, output: () => output, serverPid, ended };
}

test('builds at the first start and after a change, not at the second', async () => {
  const outputs: string[] = [];
  for (const change of ['', '', '// changed']) {
    if (change) await file('src/server.ts', `${STUB_SERVER} ${change}`);
    const { launcher, output, serverPid, ended } = launch();
    await serverPid();
    launcher.kill('SIGTERM');
    await ended;
    outputs.push(output());
  }
  expect(outputs.map((output) => output.includes('vite build'))).toEqual([true, false, true]);
});

test('the server takes the place of the launcher, where Node can do that', async () => {
  const { launcher, serverPid, ended, output } = launch();
  expect(await serverPid()).toBe(launcher.pid);
  launcher.kill('SIGTERM');
  expect(await ended).toEqual([7, null]);
  expect(output()).toContain('ended by SIGTERM');
});

test('elsewhere the launcher passes signals and the exit code on', async () => {
  const { launcher, serverPid, ended, output } = launch(AS_PARENT);
  expect(await serverPid()).not.toBe(launcher.pid);
  launcher.kill('SIGTERM');
  expect(await ended).toEqual([7, null]);
  expect(output()).toContain('ended by SIGTERM');
});

test('a server whose launcher is killed learns of it', async () => {
  const { launcher, serverPid, output } = launch(AS_PARENT);
  const pid = await serverPid();
  launcher.kill('SIGKILL');
  await until(() => startOfProcess(pid) === null, { failure: () => `The server lives on: ${output()}` });
  expect(output()).toContain('ended by disconnect');
});

test('a server that is killed ends the launcher with the code of the signal', async () => {
  const { serverPid, ended } = launch(AS_PARENT);
  process.kill(await serverPid(), 'SIGKILL');
  expect(await ended).toEqual([137, null]);
});

test('a build that fails ends it with a reason', async () => {
  await file('node_modules/vite/bin/vite.js', 'process.exit(3);');
  await file('src/server.ts', `${STUB_SERVER} // changed again`);
  const { ended, output } = launch();
  expect(await ended).toEqual([1, null]);
  expect(output()).toMatch(/Holdfast could not start\. ".*vite\.js build.*" failed: ended with exit code 3\./);
});
