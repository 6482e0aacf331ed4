// LISTEN and NOTIFY, on connections of their own: NOTIFY takes a global lock at commit, and LISTEN needs a session.

import { openPool } from './connect.ts';

export interface ListenHandlers {
  onNotify(payload: string): void;
  /** Every time listening begins: at first, and again after the connection was lost. What came in between is lost. */
  onListening(): void;
}

export interface ListenConnection {
  /** @param payload at most 8,000 bytes, PostgreSQL's limit */
  notify(payload: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens both connections; they come back by themselves, as soon as the server lets them. */
export function openListen(url: string, channel: string, handlers: ListenHandlers): ListenConnection {
  const sql = openPool(url, 1, 0);
  // Fails when the server is away now; postgres.js goes on trying behind it.
  sql.listen(channel, handlers.onNotify, handlers.onListening).catch(() => {});
  return {
    async notify(payload) {
      await sql.notify(channel, payload);
    },
    close: () => sql.end({ timeout: 1 })
  };
}
