// What every part stands on: the key, people, the database's clock, routing, and the first start's owner and source.

import type { Logger } from 'pino';
import { createAuth } from '#lib/server/auth/auth.ts';
import { checkFingerprint, readOrMakeSecretKey } from '#lib/server/auth/secret-key.ts';
import { createVault } from '#lib/server/auth/vault.ts';
import type { Config } from '#lib/server/config.ts';
import { followClock } from '#lib/server/database/clock.ts';
import type { OpenDatabase } from '#lib/server/database/open.ts';
import { handlers } from '#lib/server/deliver/handlers.ts';
import { createAddressCheck } from '#lib/server/deliver/http/addresses.ts';
import { createGuarded } from '#lib/server/deliver/http/guarded.ts';
import { prepareFirstStart } from '#lib/server/first-start.ts';
import { createHub } from '#lib/server/live/hub.ts';
import { openRouting } from '#lib/server/routing/cache.ts';
import { ensureHandlerDestinations } from '#lib/server/routing/destinations.ts';

export interface FoundationParts {
  config: Config;
  opened: OpenDatabase;
  logger: Logger;
}

export type Foundation = Awaited<ReturnType<typeof layFoundation>>;

/** Lays it. @throws one sentence for people: another key than the database was written with, a handler file that is none */
export async function layFoundation({ config, opened, logger }: FoundationParts) {
  const { database } = opened;
  const vault = createVault(await readOrMakeSecretKey({ config }));
  await checkFingerprint(database, vault);
  const handlerList = [...handlers].map(([name, { provider }]) => ({ name, provider }));
  await ensureHandlerDestinations(database, handlerList);
  const clock = await followClock(database.web);
  const secure = config.publicUrl?.protocol === 'https:';
  const auth = createAuth({ database, bootstrapKey: config.apiKey, secure, clock: clock.now });
  const { announce } = await prepareFirstStart({ config, database, auth });
  const routing = await openRouting({ sql: database.web, open: (sealed) => vault.open(sealed), clock: Date.now });
  const hub = createHub({ clock: clock.now });
  const guarded = createGuarded(createAddressCheck(config.allowPrivateDestinations));
  return { config, opened, logger, vault, auth, clock, routing, hub, guarded, announce, handlers: handlerList };
}
