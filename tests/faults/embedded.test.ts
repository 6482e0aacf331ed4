// faults.md 4 and 2, for the embedded PostgreSQL: what killed processes leave behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openPool } from '#lib/server/database/connect.ts';
import { startEmbedded, type EmbeddedDatabase } from '#lib/server/database/embedded.ts';
import { processesIn, signalProcess, startOfProcess } from '#lib/server/database/embedded-process.ts';
import { until } from '../support/until.ts';

const BACK_WITHIN_MS = 5_000;

let dataDirectory: string;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'holdfast-embedded-'));
  await chmod(dataDirectory, 0o711);
  const directory = dataDirectory;
  onTestFinished(async () => {
    const left = processesIn(join(directory, 'postgres'));
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await until(() => processesIn(join(directory, 'postgres')).length === 0);
    await rm(directory, { recursive: true });
    expect(left, 'processes left behind').toEqual([]);
  });
});

const inData = (...path: string[]) => join(dataDirectory, ...path);
const pidFile = () => inData('postgres', 'postmaster.pid');

/** Starts, and stops with the test unless that was done. */
async function start(): Promise<EmbeddedDatabase & { messages: string[] }> {
  const messages: string[] = [];
  const note = (message: string) => void messages.push(message);
  const logger = {
    info: note,
    warn: note,
    error: (fields: { err: unknown }, message: string) => note(`${message} ${String(fields.err)}`)
  };
  const server = await startEmbedded({ dataDirectory, logger });
  onTestFinished(() => server.stop());
  return Object.assign(server, { messages });
}

async function ask<T>(url: string, question: string): Promise<T[]> {
  const sql = openPool(url, 1, 5_000);
  try {
    return await sql.unsafe<T[]>(question);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Another process that starts PostgreSQL here and is then killed, leaving it. Returns the postmaster's pid. */
async function startAndKillHolder(): Promise<number> {
  const code = `
    import { startEmbedded } from '#lib/server/database/embedded.ts';
    const server = await startEmbedded({ dataDirectory: ${JSON.stringify(dataDirectory)} });
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const [line] = (await once(createInterface(holder.stdout), 'line')) as [string];
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  return Number(line);
}

test('an orphaned postmaster is used, and what it had is there', async () => {
  const orphan = await startAndKillHolder();
  expect(startOfProcess(orphan)).not.toBeNull();
  const server = await start();
  expect(server.pid).toBe(orphan);
  expect(server.messages).toEqual([`PostgreSQL (process ${orphan}) is still running from before: using it.`]);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
  expect(startOfProcess(orphan)).toBeNull();
});

test('an orphan that is killed while it is used is replaced', async () => {
  const orphan = await startAndKillHolder();
  const server = await start();
  process.kill(orphan, 'SIGKILL');
  await until(() => server.pid !== orphan, { patienceMs: BACK_WITHIN_MS });
  await until(async () => (await ask(server.url, 'select 1').catch(() => [])).length === 1, {
    patienceMs: BACK_WITHIN_MS
  });
});

test('an orphan that is just stopping is waited for, and then a new one is started', async () => {
  const orphan = await startAndKillHolder();
  process.kill(orphan, 'SIGINT');
  const server = await start();
  expect(server.pid).not.toBe(orphan);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('an orphan that was killed too leaves a stale postmaster.pid: it is recovered', async () => {
  const orphan = await startAndKillHolder();
  process.kill(orphan, 'SIGKILL');
  await until(() => startOfProcess(orphan) === null);
  expect(await readFile(pidFile(), 'utf8')).toMatch(new RegExp(`^${orphan}\n`));
  const server = await start();
  expect(server.pid).not.toBe(orphan);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a postmaster.pid whose pid is another process by now is not believed', async () => {
  const orphan = await startAndKillHolder();
  process.kill(orphan, 'SIGKILL');
  await until(() => startOfProcess(orphan) === null);
  const stranger = spawn('sleep', ['600']);
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const content = await readFile(pidFile(), 'utf8');
  await writeFile(pidFile(), content.replace(/^\d+/, String(stranger.pid)));
  const server = await start();
  expect(server.pid).not.toBe(stranger.pid);
  expect(stranger.exitCode).toBeNull();
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a backend that outlives its postmaster does not keep a new one from starting', async () => {
  const server = await start();
  const sql = openPool(server.url, 1, 0);
  onTestFinished(() => sql.end({ timeout: 0 }));
  // A busy backend does not notice that its postmaster is gone.
  const busy = sql`select count(*) from generate_series(1, 1e12::bigint)`.then(
    () => 'finished',
    () => 'broken off'
  );
  const backends = () => ask(server.url, `select 1 from pg_stat_activity where query like 'select count%'`);
  await until(async () => (await backends()).length > 0);
  const killed = server.pid;
  process.kill(killed, 'SIGKILL');
  expect(await busy).toBe('broken off');
  await until(() => server.pid !== killed, { patienceMs: BACK_WITHIN_MS });
  await until(async () => (await ask(server.url, 'select 1').catch(() => [])).length === 1, {
    patienceMs: BACK_WITHIN_MS
  });
});

test('a first start that was killed half way is begun again', async () => {
  await mkdir(inData('postgres.new-0badcafe', 'base'), { recursive: true });
  await writeFile(inData('postgres.new-0badcafe', 'PG_VERSION'), '18\n');
  const server = await start();
  expect(await ask(server.url, 'select current_user::text as role')).toEqual([{ role: 'holdfast' }]);
  expect((await readdir(dataDirectory)).filter((name) => name.startsWith('postgres.new-'))).toEqual([]);
});

test('a second Holdfast on one DATA_DIR is refused in one sentence, and the first goes on', async () => {
  const server = await start();
  await expect(startEmbedded({ dataDirectory })).rejects.toThrow(
    `Another Holdfast (process ${process.pid}) is running on DATA_DIR ${dataDirectory}: ` +
      'stop it first, or start this one with another DATA_DIR and PORT.'
  );
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('of several that start at once at most one gets DATA_DIR, and after it the next', async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => startEmbedded({ dataDirectory })));
  const started = attempts.filter((attempt) => attempt.status === 'fulfilled').map((attempt) => attempt.value);
  await Promise.all(started.map((server) => server.stop()));
  expect(started.length).toBeLessThanOrEqual(1);
  const server = await start();
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a postmaster that is killed is back within five seconds, committed rows included', async () => {
  const server = await start();
  await ask(server.url, 'create table kept as select 42 as answer');
  for (let round = 1; round <= 3; round++) {
    const killed = server.pid;
    process.kill(killed, 'SIGKILL');
    await until(() => server.pid !== killed, { patienceMs: BACK_WITHIN_MS });
    const answers = () => ask(server.url, 'select answer from kept').catch(() => []);
    await until(async () => (await answers()).length === 1, { patienceMs: BACK_WITHIN_MS });
  }
  expect(server.messages).toEqual(Array.from({ length: 3 }, () => 'PostgreSQL ended by itself: starting it again.'));
});

test('after stop nothing runs, nothing is started again, and nothing needs recovery', async () => {
  const server = await start();
  const { pid } = server;
  await server.stop();
  expect(startOfProcess(pid)).toBeNull();
  expect(await readdir(inData('lock'))).toEqual([]);
  await expect(stat(pidFile())).rejects.toThrow('ENOENT');
  expect(await readFile(inData('postgres.log'), 'utf8')).toMatch(/database system is shut down\s*$/);
});

test('a folder that is no database is refused, not overwritten', async () => {
  await mkdir(inData('postgres'));
  await writeFile(inData('postgres', 'letter.txt'), 'mine');
  await expect(startEmbedded({ dataDirectory })).rejects.toThrow(/is neither empty nor a database of PostgreSQL/);
  expect(await readFile(inData('postgres', 'letter.txt'), 'utf8')).toBe('mine');
});

test('a database of another major version is refused with the way out', async () => {
  await mkdir(inData('postgres'));
  await writeFile(inData('postgres', 'PG_VERSION'), '17\n');
  await expect(startEmbedded({ dataDirectory })).rejects.toThrow(
    /made by PostgreSQL 17, and this Holdfast brings 18: back it up/
  );
});
