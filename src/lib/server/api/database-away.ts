// Errors that say: not now. The database is restarting, not reached, or too slow to answer.

const CODES = new Set([
  // Ours, the driver's, the network's.
  ...['DEADLINE', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EPIPE'],
  // PostgreSQL's: too many connections, cancelled by statement_timeout, shutting down, crashed, starting, read-only.
  ...['53300', '57014', '57P01', '57P02', '57P03', '25006']
]);

export function isDatabaseAway(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && CODES.has(error.code);
}
