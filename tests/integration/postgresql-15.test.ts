// The oldest PostgreSQL that DATABASE_URL may point to: the schema and the partitions are made there too.

import { afterAll, expect, test } from 'vitest';
import { listPartitions } from '#lib/server/database/partitions.ts';
import { testDatabase } from '../support/database.ts';
import { prepareTemplate } from '../support/global-setup.ts';
import { testServer } from '../support/server.ts';

const server = await testServer({ version: 15 });
afterAll(() => server.stop());
await prepareTemplate(server.url);
const { web } = await testDatabase(server.url);

test('a database of PostgreSQL 15 is migrated and has its partitions', async () => {
  const [version] = await web`select current_setting('server_version_num')::int / 10000 as major`;
  expect(version).toEqual({ major: 15 });
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const names = (await listPartitions(web)).map((partition) => partition.name);
  expect(names).toEqual(
    expect.arrayContaining([`messages_p${today}`, `delivery_results_p${today}`, `attempts_p${today}`])
  );
});

test('JSON bodies come back verbatim', async () => {
  const text = '{"b": 1.00, "a":"\\u0000", "a": 1e400000}';
  const [row] = await web`select ${text}::text::json::text as text`;
  expect(row).toEqual({ text });
});
