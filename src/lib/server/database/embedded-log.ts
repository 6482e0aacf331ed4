// PostgreSQL's log file, bounded: at most two of MAX_BYTES.

import { copyFile, stat, truncate } from 'node:fs/promises';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Moves a log that has grown too long aside. The postmaster keeps its file open in append mode, so that the content is
 * moved and not the file.
 */
export async function boundLog(logFile: string, maxBytes = MAX_BYTES): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0
  );
  if (size <= maxBytes) return;
  await copyFile(logFile, `${logFile}.1`);
  await truncate(logFile);
}
