// The database of this process: the one DATABASE_URL names, else the embedded one; migrated, with partitions for now.

import type { Config } from '#lib/server/config.ts';
import { connect, type Database } from './connect.ts';
import { startEmbedded, type EmbeddedLogger } from './embedded.ts';
import { migrate } from './migrate.ts';
import { DAY_MS, ensurePartitions } from './partitions.ts';

const DAYS_AHEAD = 7;

export interface OpenDatabase {
  database: Database;
  url: string;
  /** Where it lives on this machine's disk; null for an external server. */
  directory: string | null;
  close(): Promise<void>;
}

/**
 * Opens, migrates and prepares the database.
 * @throws one sentence for people when it can't be reached, started or migrated
 */
export async function openDatabase(config: Config, logger: EmbeddedLogger): Promise<OpenDatabase> {
  const embedded =
    config.databaseUrl === null ? await startEmbedded({ dataDirectory: config.dataDirectory, logger }) : null;
  const url = embedded?.url ?? config.databaseUrl ?? '';
  const database = connect(url);
  const close = async (): Promise<void> => {
    await database.close();
    await embedded?.stop();
  };
  try {
    const applied = await migrate(url);
    if (applied.length > 0) logger.info(`Migrated the database: ${applied.join(', ')}.`);
    await ensurePartitions(database.web, new Date(Date.now() - DAY_MS), DAYS_AHEAD + 2);
  } catch (error) {
    await close();
    throw error;
  }
  return { database, url, directory: embedded ? config.dataDirectory : null, close };
}
