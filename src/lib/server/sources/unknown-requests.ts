// Requests to sources that do not exist, for admins: most first webhooks fail on a typo.

import type { Database } from '#lib/server/database/connect.ts';

const SHOWN = 100;

export interface UnknownRequest {
  id: number;
  /** ISO 8601. */
  at: string;
  method: string;
  path: string;
  remoteIp: string;
  userAgent: string | null;
}

/** The last 100, newest first. */
export async function listUnknownRequests({ web: sql }: Database): Promise<UnknownRequest[]> {
  const rows = await sql<(Omit<UnknownRequest, 'at'> & { at: Date })[]>`
    select id::float8 as id, at, method, path, remote_ip as "remoteIp", user_agent as "userAgent"
      from unknown_requests order by id desc limit ${SHOWN}`;
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
