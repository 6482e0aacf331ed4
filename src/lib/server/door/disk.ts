// Below 5 % free disk the door closes: a full disk would stop the database, and with it everything.

import { statfs } from 'node:fs/promises';

const MIN_FREE_SHARE = 0.05;
const CHECK_MS = 5000;

/**
 * Watches the file system of the embedded database.
 * @param directory null (an external database): never closes
 */
export function watchDisk(directory: string | null) {
  let closed: string | null = null;
  async function check(): Promise<void> {
    if (directory === null) return;
    const { bavail, blocks } = await statfs(directory);
    const share = bavail / blocks;
    closed =
      share < MIN_FREE_SHARE ? `Only ${(share * 100).toFixed(1)} % of the disk is free, the limit is 5 %.` : null;
  }
  const timer = setInterval(() => void check().catch(() => {}), CHECK_MS).unref();
  void check().catch(() => {});
  return {
    /** Why nothing is taken in; null: enough room. */
    closed: (): string | null => closed,
    stop: () => clearInterval(timer)
  };
}
