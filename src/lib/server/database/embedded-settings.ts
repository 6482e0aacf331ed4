// How the embedded PostgreSQL is set: for one machine, one application, and writes that must last.

const SOCKET_PORT = 5432;

/** Names and values as in postgresql.conf. */
export type Settings = Record<string, string | number>;

/** Where PostgreSQL listens: a folder with its Unix socket, or a loopback port where there are no such sockets. */
export type Endpoint = { socketDirectory: string; port: number } | { socketDirectory: null; port: number };

export function socketEndpoint(socketDirectory: string): Endpoint {
  return { socketDirectory, port: SOCKET_PORT };
}

/** The file PostgreSQL will make in a socket directory. */
export function socketPath(socketDirectory: string): string {
  return `${socketDirectory}/.s.PGSQL.${SOCKET_PORT}`;
}

/** What PostgreSQL sees of our environment: nothing that would change its locale, time zone or paths. */
export const SERVER_ENVIRONMENT =
  process.platform === 'win32'
    ? undefined
    : { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const DURABILITY: Settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Nothing replicates an embedded server, so that its log need not carry what a replica would want.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min'
};

const RESOURCES: Settings = {
  max_connections: 60,
  shared_buffers: '128MB',
  huge_pages: 'try',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // Parallel queries need /dev/shm, of which a container has 64 MB.
  max_parallel_workers_per_gather: 0,
  jit: 'off',
  random_page_cost: 1.1
};

const UPKEEP: Settings = {
  // The delivery queue turns over quickly: look often, and let the vacuum finish.
  autovacuum_naptime: '15s',
  autovacuum_vacuum_cost_limit: 1000,
  // What a node that was killed leaves behind must not hold its locks: notice that it is gone, even inside a query.
  client_connection_check_interval: '5s',
  idle_in_transaction_session_timeout: '60s'
};

const LOGGING: Settings = {
  log_min_messages: 'warning',
  // Neither statements nor details: both hold what senders sent.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
  lc_messages: 'C',
  password_encryption: 'scram-sha-256'
};

/**
 * All settings of an embedded server.
 * @param walCompression an algorithm that this build has
 * @param changes settings that tests want otherwise
 */
export function embeddedSettings(endpoint: Endpoint, walCompression: string, changes: Settings = {}): Settings {
  const listening: Settings =
    endpoint.socketDirectory === null
      ? { listen_addresses: '127.0.0.1', port: endpoint.port, unix_socket_directories: '' }
      : { listen_addresses: '', port: endpoint.port, unix_socket_directories: `"${endpoint.socketDirectory}"` };
  const own = { ...listening, unix_socket_permissions: '0700', wal_compression: walCompression };
  return { ...own, ...DURABILITY, ...RESOURCES, ...UPKEEP, ...LOGGING, ...changes };
}

/** postgresql.conf with these settings. */
export function settingsFile(settings: Settings): string {
  const line = ([name, value]: [string, string | number]) => `${name} = '${String(value).replaceAll("'", "''")}'`;
  return `# Written by Holdfast at every start.\n${Object.entries(settings).map(line).join('\n')}\n`;
}

/** pg_hba.conf: one role, with its password; nobody else, the superuser included. */
export function accessRules(role: string): string {
  return `# Written by Holdfast at every start.\nlocal all ${role} scram-sha-256\nhost all ${role} 127.0.0.1/32 scram-sha-256\n`;
}
