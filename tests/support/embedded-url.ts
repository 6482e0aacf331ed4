// A way into the PostgreSQL that a Holdfast under test has embedded, past the Holdfast.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPool, type Sql } from '#lib/server/database/connect.ts';
import { endpointUrl } from '#lib/server/database/embedded-endpoint.ts';

export interface EmbeddedPostgres {
  url: string;
  /** The postmaster. */
  pid: number;
}

/** What runs now under a DATA_DIR. @throws if nothing does */
export async function embeddedPostgres(dataDirectory: string): Promise<EmbeddedPostgres> {
  const directory = join(dataDirectory, 'postgres');
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
  const [pid = '', , , port = '', socketDirectory = ''] = lines;
  const password = (await readFile(join(directory, 'holdfast.password'), 'utf8')).trim();
  return { pid: Number(pid), url: endpointUrl({ socketDirectory, port: Number(port) }, password) };
}

/** A connection to it, until the test ends. */
export async function embeddedSql(dataDirectory: string): Promise<Sql> {
  const sql = openPool((await embeddedPostgres(dataDirectory)).url, 1, 30_000);
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}
