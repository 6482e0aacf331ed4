// Writes src/lib/server/database/schema.ts from a migrated database. With --verify: fails if it is not up to date.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { migrate } from '#lib/server/database/migrate.ts';
import { testServer } from './server.ts';

const run = promisify(execFile);
const TARGET = 'src/lib/server/database/schema.ts';
const HEADER =
  '// The tables as types. Generated from a migrated database by `npm run generate`; not edited by hand.\n\n';
const FLAGS = ['--dialect', 'postgres', '--print', '--log-level', 'silent', '--exclude-pattern', 'kysely_*'];
/** What connect.ts makes of them. */
const TYPES = ['--type-mapping', '{"int8":"number"}'];

async function generate(): Promise<string> {
  const server = await testServer();
  try {
    await migrate(server.url);
    const { stdout } = await run('node_modules/.bin/kysely-codegen', [...FLAGS, ...TYPES, '--url', server.url]);
    const code = stdout.slice(stdout.indexOf('import '));
    return await format(HEADER + code, { ...(await resolveConfig(TARGET)), filepath: TARGET });
  } finally {
    await server.stop();
  }
}

const generated = await generate();
if (!process.argv.includes('--verify')) {
  await writeFile(TARGET, generated);
} else if (generated !== (await readFile(TARGET, 'utf8'))) {
  console.error(`${TARGET} is not what the migrations make: run "npm run generate" and commit it.`);
  process.exitCode = 1;
}
