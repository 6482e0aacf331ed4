// Once a run: one PostgreSQL, one migrated database in it, from which every test file gets its clone.

import type { TestProject } from 'vitest/node';
import { connect } from '#lib/server/database/connect.ts';
import { migrate } from '#lib/server/database/migrate.ts';
import { DAY_MS, ensurePartitions } from '#lib/server/database/partitions.ts';
import { removeLeftServers, testServer } from './server.ts';

const DAYS_BEFORE = 3;
const DAYS = 10;

declare module 'vitest' {
  export interface ProvidedContext {
    /** The database that testDatabase() clones. */
    templateUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftServers();
  const server = await testServer();
  await prepareTemplate(server.url);
  project.provide('templateUrl', server.url);
  return () => server.stop();
}

/** Migrates a database and makes the partitions of the days around today. */
export async function prepareTemplate(url: string): Promise<void> {
  await migrate(url);
  const database = connect(url);
  try {
    await ensurePartitions(database.web, new Date(Date.now() - DAYS_BEFORE * DAY_MS), DAYS);
  } finally {
    await database.close();
  }
}
