// Connections to PostgreSQL. The only folder that imports `postgres`; everyone else takes these types.

import postgres from 'postgres';
import { arrayTypes } from './array-types.ts';
import { openSockets, type SocketOptions } from './socket.ts';
import { splitTls } from './tls.ts';

export type Sql = postgres.Sql<{ bigint: number }>;
export type Transaction = postgres.TransactionSql<{ bigint: number }>;

/** Three pools, so that slow pages cannot starve the door, and a flood at the door cannot starve the pages. */
export interface Database {
  /** The door's batched inserts. */
  log: Sql;
  /** Claiming and completing deliveries, handlers' transactions. */
  work: Sql;
  /** Pages, API, jobs. */
  web: Sql;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Connections of each pool. */
  poolSizes?: { log: number; work: number; web: number };
  /** The server's own deadline for one statement of work and web. */
  statementTimeoutMs?: number;
}

const DEFAULT_POOL_SIZES = { log: 3, work: 4, web: 8 };
const DEFAULT_STATEMENT_TIMEOUT_MS = 15_000;
/** A sender waits behind it: ten seconds are the patience of most. */
const LOG_STATEMENT_TIMEOUT_MS = 10_000;

const IDLE_TIMEOUT_SECONDS = 60;
/**
 * When the pools are closed nothing is under way any more. A connection that died in the middle of a query waits for that
 * query all the same (postgres.js 3.4.9 keeps it until the connection is used again).
 */
const CLOSE_WITHIN_SECONDS = 1;
const ANSWER_MARGIN_MS = 5_000;
const SILENCE_MARGIN_MS = 15_000;
const LONGEST_BACKOFF_SECONDS = 1;
/** A process that stands still in a transaction must not hold its locks for ever: as long as a delivery's lease. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const INT8_TYPE_ID = 20;

/** int8 as a number: our counters and amounts stay below 2^53, and one that does not must not be rounded unseen. */
const bigint = {
  to: INT8_TYPE_ID,
  from: [INT8_TYPE_ID],
  serialize: (value: number) => String(value),
  parse(text: string): number {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`The database returned ${text}, which is beyond 2^53: select it as text.`);
    }
    return value;
  }
};

const TYPES: { bigint: typeof bigint } = { bigint, ...arrayTypes(bigint.parse) };

/**
 * Opens pools on a PostgreSQL URL. Lazy: no connection is made before the first query.
 * @param url postgres://…; `?host=/directory` connects to a Unix socket
 */
export function connect(url: string, options: ConnectOptions = {}): Database {
  const sizes = options.poolSizes ?? DEFAULT_POOL_SIZES;
  const statementTimeoutMs = options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  const log = openPool(url, sizes.log, Math.min(LOG_STATEMENT_TIMEOUT_MS, statementTimeoutMs));
  const work = openPool(url, sizes.work, statementTimeoutMs);
  const web = openPool(url, sizes.web, statementTimeoutMs);
  return {
    log,
    work,
    web,
    async close() {
      await Promise.all([log, work, web].map((sql) => sql.end({ timeout: CLOSE_WITHIN_SECONDS })));
    }
  };
}

/**
 * One pool of connections, for those that need a life of their own (migrations, LISTEN).
 * @param statementTimeoutMs 0: none, and no limit to a connection's silence either
 */
export function openPool(url: string, max: number, statementTimeoutMs: number): Sql {
  const { base, path } = splitSocket(url);
  return postgres(isList(base) ? base : splitTls(base).base, {
    max,
    ...(path === null ? {} : { path }),
    ...(isList(base) ? {} : { socket: openSockets(socketOptions(base, max, statementTimeoutMs)) }),
    types: TYPES,
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 5,
    backoff,
    idle_timeout: IDLE_TIMEOUT_SECONDS,
    max_lifetime: null,
    connection: {
      application_name: 'holdfast',
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs === 0 ? 0 : IDLE_IN_TRANSACTION_MS
    },
    transform: { undefined: null }
  });
}

function socketOptions(url: string, max: number, statementTimeoutMs: number): SocketOptions {
  const answerWithinMs = statementTimeoutMs + ANSWER_MARGIN_MS;
  const silenceMs = Math.max(answerWithinMs, IDLE_TIMEOUT_SECONDS * 1000 + SILENCE_MARGIN_MS);
  const patience = statementTimeoutMs === 0 ? null : { answerWithinMs, silenceMs };
  return { burst: 2 * max, patience, tls: splitTls(url).tls };
}

/** Seconds until the next try to connect: postgres.js's own goes up to 20, and is felt when the server is back. */
const backoff = (failures: number): number => Math.min(0.05 * 2 ** failures, LONGEST_BACKOFF_SECONDS);

/** With several hosts postgres.js goes from one to the next by itself, which sockets of ours would stop. */
function isList(url: string): boolean {
  return /^\w+:\/\/[^/?]*,/.test(url);
}

/** libpq's `?host=/directory`: postgres.js would send it to the server as a setting, and be refused. */
function splitSocket(text: string): { base: string; path: string | null } {
  const host = /[?&]host=([^&]*)/.exec(text)?.[1];
  if (host === undefined) return { base: text, path: null };
  const url = new URL(text);
  url.searchParams.delete('host');
  const port = url.port || '5432';
  return { base: url.href, path: `${decodeURIComponent(host)}/.s.PGSQL.${port}` };
}
