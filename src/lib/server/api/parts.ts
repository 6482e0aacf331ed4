// What API operations need of the app: app.ts has all of it, tests hand over their own.

import type { Logger } from 'pino';
import type { Auth } from '#lib/server/auth/auth.ts';
import type { Vault } from '#lib/server/auth/vault.ts';
import type { Config } from '#lib/server/config.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import type { Tried } from '#lib/server/deliver/http/try.ts';
import type { Gaps } from '#lib/server/gaps/gaps.ts';
import type { Editing } from '#lib/server/edit.ts';
import type { Mending } from '#lib/server/mend.ts';
import type { Routing } from '#lib/server/routing/cache.ts';

export interface ApiParts {
  config: Pick<Config, 'publicUrl'>;
  database: Database;
  /** The database's. */
  clock: { now(): number };
  vault: Pick<Vault, 'seal'>;
  auth: Pick<Auth, 'keys' | 'users'>;
  /** Resolves when this node goes by a change of sources, destinations or connections. */
  routing: Pick<Routing, 'refresh' | 'sourceById'>;
  deliver: Pick<Deliver, 'redeliver' | 'preview'> & { worker: Pick<Deliver['worker'], 'nudge'> };
  /** null: there is no such HTTP destination. */
  sendTest(destinationId: number): Promise<Tried | null>;
  mending: Pick<Mending, 'reverify'>;
  gaps: Gaps;
  editing: Editing;
  /** Shows changes on open screens: of an account, of deliveries. */
  teller: { account(id: number): void; requeued(ids: string[]): void };
  /** Told of a job that was made or steered. */
  bulk: { nudge(): void };
  handlers: readonly { name: string; provider: string }[];
  logger: Pick<Logger, 'error'>;
}
