// The last requests to unknown sources, for admins: most first webhooks fail on a typo.

import type { IncomingMessage } from 'node:http';
import type { Sql } from '#lib/server/database/connect.ts';

const KEPT = 100;
const FLUSH_MS = 1000;

export interface UnknownRequest {
  at: Date;
  method: string;
  path: string;
  remote_ip: string;
  user_agent: string | null;
}

const clean = (text: string, max: number): string => text.replaceAll('\0', '\uFFFD').slice(0, max);

/** Makes the recorder. A flood costs one INSERT of at most 100 rows a second. */
export function recordUnknownRequests(sql: Sql, clock: () => number) {
  let waiting: UnknownRequest[] = [];

  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    await sql`insert into unknown_requests ${sql(rows, 'at', 'method', 'path', 'remote_ip', 'user_agent')}`;
    await sql`delete from unknown_requests where id <= (select max(id) - ${KEPT} from unknown_requests)`;
  }

  const timer = setInterval(() => void flush().catch(() => {}), FLUSH_MS).unref();
  return {
    add(request: IncomingMessage, remoteIp: string): void {
      waiting.push({
        at: new Date(clock()),
        method: request.method ?? '',
        path: clean(request.url ?? '', 500),
        remote_ip: remoteIp,
        user_agent: clean(request.headers['user-agent'] ?? '', 200) || null
      });
      if (waiting.length > KEPT) waiting.shift();
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      await flush().catch(() => {});
    }
  };
}

/** Newest first, at most 100. */
export async function listUnknownRequests(sql: Sql): Promise<UnknownRequest[]> {
  return sql<UnknownRequest[]>`
    select at, method, path, remote_ip, user_agent from unknown_requests order by id desc limit ${KEPT}`;
}
