// Sources with their secrets and connections, in memory, as the door needs them for every message. Reloaded whole when
// routing_version has moved: a trigger moves it with every change to the four tables behind.

import type { Sql } from '#lib/server/database/connect.ts';
import { withDeadline } from '#lib/server/database/deadline.ts';
import type { VerifySecret } from '#lib/server/verify/types.ts';
import { isApiKeyLabel } from './api-keys.ts';
import type { RoutedConnection, RoutedDestination, RoutedSource, SourceOptions } from './types.ts';

const POLL_MS = 1000;
/** Reloaded at this age whatever the version says: a rotated secret expires without a change to any row. */
const MAX_AGE_MS = 30_000;
/** A flood of unknown slugs or bad signatures asks the database at most this often. */
const MIN_ASK_MS = 200;
/** Requests wait for it. */
const ASK_WITHIN_MS = 5000;

export interface Routing {
  /** Waits for the database only when the slug is not known. */
  source(slug: string): RoutedSource | null | Promise<RoutedSource | null>;
  sourceById(id: number): RoutedSource | null;
  /** null also for one that another node has made a moment ago. */
  destinationById(id: number): RoutedDestination | null;
  destinations(): Iterable<RoutedDestination>;
  /** Moves with every change to what is routed here: what was read at this version is still so. */
  version(): number;
  /** Asks whether anything changed; the source if it did, null if not. */
  refreshSource(slug: string): Promise<RoutedSource | null>;
  /** After a change made here: resolves when this node goes by it. */
  refresh(): Promise<void>;
  /** Calls the listener when destinations were held, or take deliveries again: by this node or another. */
  onHeldChanged(listener: () => void): void;
  /** A key that is no signing secret ("stripe-api-key"). */
  apiKey(sourceId: number, label: string): string | null;
  stop(): void;
}

export interface RoutingParts {
  sql: Sql;
  /** Opens a sealed secret. */
  open(sealed: Buffer): string;
  clock: () => number;
}

interface Snapshot {
  version: number;
  loadedAt: number;
  destinations: Map<number, RoutedDestination>;
  bySlug: Map<string, RoutedSource>;
  byId: Map<number, RoutedSource>;
  apiKeys: Map<string, string>;
}

/** Loads the routing and keeps it fresh. */
export async function openRouting(parts: RoutingParts): Promise<Routing> {
  const { sql, clock } = parts;
  let snapshot = await loadSnapshot(parts);
  const listeners: (() => void)[] = [];
  let lastAsked = 0;
  let asking: Promise<boolean> | null = null;

  /** True when a newer version was loaded. */
  async function ask(): Promise<boolean> {
    lastAsked = clock();
    const [row] = await sql<{ version: number }[]>`select version::float8 as version from routing_version`;
    const stale = clock() - snapshot.loadedAt > MAX_AGE_MS;
    if (row?.version === snapshot.version && !stale) return false;
    const loaded = await loadSnapshot(parts);
    // One that was given up may still come in, after a newer one.
    if (loaded.loadedAt >= snapshot.loadedAt) goBy(loaded);
    return true;
  }

  function goBy(loaded: Snapshot): void {
    const changed = heldOf(snapshot) !== heldOf(loaded);
    snapshot = loaded;
    if (changed) for (const listener of listeners) listener();
  }

  function askNow(): Promise<boolean> {
    asking ??= withDeadline(ask(), ASK_WITHIN_MS, 'reading the sources').finally(() => (asking = null));
    return asking;
  }

  /** However many wait, one question every MIN_ASK_MS. */
  async function askSoon(): Promise<boolean> {
    const wait = lastAsked + MIN_ASK_MS - clock();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return askNow();
  }

  async function refreshSource(slug: string): Promise<RoutedSource | null> {
    const known = snapshot;
    await askSoon();
    return snapshot === known ? null : (snapshot.bySlug.get(slug) ?? null);
  }

  // The database away: what is in memory stays good, and the next poll asks again.
  const timer = setInterval(() => void askNow().catch(() => {}), POLL_MS).unref();

  return {
    source: (slug) => snapshot.bySlug.get(slug) ?? refreshSource(slug),
    ...lookUps(() => snapshot),
    refreshSource,
    async refresh() {
      await asking?.catch(() => {});
      await askNow();
    },
    onHeldChanged: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer)
  };
}

const lookUps = (
  now: () => Snapshot
): Omit<Routing, 'source' | 'refreshSource' | 'refresh' | 'onHeldChanged' | 'stop'> => ({
  sourceById: (id) => now().byId.get(id) ?? null,
  destinationById: (id) => now().destinations.get(id) ?? null,
  destinations: () => now().destinations.values(),
  version: () => now().version,
  apiKey: (sourceId, label) => now().apiKeys.get(`${sourceId} ${label}`) ?? null
});

const heldOf = ({ destinations }: Snapshot): string =>
  [...destinations.values()].flatMap(({ id, held }) => (held === null ? [] : [`${id} ${held}`])).join();

interface SourceRow {
  id: number;
  slug: string;
  name: string;
  provider: string;
  options: SourceOptions;
}

async function loadSnapshot({ sql, open, clock }: RoutingParts): Promise<Snapshot> {
  const loadedAt = clock();
  return sql.begin('isolation level repeatable read read only', async (transaction) => {
    const [row] = await transaction<{ version: number }[]>`select version::float8 as version from routing_version`;
    const sources = await transaction<SourceRow[]>`select id, slug, name, provider, options from sources`;
    const secrets = await transaction<{ id: number; source_id: number; label: string; ciphertext: Buffer }[]>`
      select id, source_id, label, ciphertext from source_secrets
       where expires_at is null or expires_at > now() order by id desc`;
    const connections = await transaction<(RoutedConnection & { source_id: number })[]>`
      select c.source_id, c.destination_id as "destinationId", d.handler, c.filter
        from connections c join destinations d on d.id = c.destination_id order by c.id`;
    const destinations = await transaction<RoutedDestination[]>`
      select d.id, d.options, case when s.paused_at is not null then 'paused' when s.held_at is not null then 'held' end as held
        from destinations d left join destination_states s on s.destination_id = d.id order by d.id`;
    const byId = new Map<number, RoutedSource>();
    for (const source of sources) byId.set(source.id, { ...source, secrets: [], connections: [] });
    const apiKeys = new Map<string, string>();
    for (const secret of secrets) {
      const value = open(secret.ciphertext);
      if (isApiKeyLabel(secret.label)) apiKeys.set(`${secret.source_id} ${secret.label}`, value);
      else
        byId.get(secret.source_id)?.secrets.push({ id: secret.id, label: secret.label, value } satisfies VerifySecret);
    }
    for (const { source_id: sourceId, ...connection } of connections) byId.get(sourceId)?.connections.push(connection);
    const bySlug = new Map([...byId.values()].map((source) => [source.slug, source]));
    const byDestination = new Map(destinations.map((destination) => [destination.id, destination]));
    return { version: row?.version ?? 0, loadedAt, bySlug, byId, apiKeys, destinations: byDestination };
  });
}
