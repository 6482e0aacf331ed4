// Where messages come from and go to, as the way of a message needs it: decrypted, joined, in memory.

import type { ConnectionFilter } from '#lib/inbox/connection-filter.ts';
import type { VerifySecret } from '#lib/server/verify/types.ts';

export interface RoutedConnection {
  destinationId: number;
  /** The handler's name for a handler in this process, null for an HTTP destination. */
  handler: string | null;
  /** null lets everything pass. */
  filter: ConnectionFilter | null;
}

/** What deciding when to deliver needs to know of a destination; how it is sent to is the sender's business. */
export interface RoutedDestination {
  id: number;
  /** Why nothing is sent to it now: a person paused it, or it failed too often. */
  held: 'paused' | 'held' | null;
  options: StoredDestinationOptions;
}

/** Options of a source; the API's schema checks them on the way in. Each provider adds its own. */
export interface SourceOptions {
  allowed_methods?: string[];
  require?: 'json';
  retention_days?: number;
  livemode?: 'live' | 'any';
  allow_connect?: boolean;
  confirm_with_api?: boolean;
  api_base_url?: string;
  webhook_endpoint?: string;
  hook?: string;
  rate_limit_per_second?: number;
  [option: string]: unknown;
}

export interface RoutedSource {
  id: number;
  slug: string;
  name: string;
  provider: string;
  options: SourceOptions;
  /** Signing secrets that are good now: newest first, rotated ones until they expire. */
  secrets: VerifySecret[];
  connections: RoutedConnection[];
}

/** How an HTTP destination's TLS differs from the usual. PEM; base64 of what is sealed. */
export interface StoredTls {
  /** Trusted instead of the public authorities. */
  ca?: string;
  client_certificate?: string;
  client_key_sealed?: string;
  /** Asked for, and looked for in the certificate, instead of the URL's. */
  server_name?: string;
  /** Only ever false: any certificate is taken. */
  verify?: false;
}

/** Options of a destination, as its row has them; what is absent is as usual. */
export interface StoredDestinationOptions {
  /** Seconds to wait after each failed try; replaces the default schedule. */
  retry?: { schedule_seconds: number[] };
  /** Deliveries a second, at most. */
  rate?: { per_second: number };
  /** Deliveries at once, at most. */
  concurrency?: number;
  /** One at a time, in the order of receipt. */
  ordered?: boolean;
  /** The order is kept among messages with the same value here: `json:<keys joined by dots>` or `header:<name>`. */
  order_key?: string;
  /** Instead of the method that the message came by. */
  method?: 'POST' | 'PUT' | 'PATCH';
  timeout_seconds?: number;
  /** Its own headers, each value sealed, in base64. */
  headers?: [name: string, sealed: string][];
  tls?: StoredTls;
  /** What the sender had below /in/<slug> is appended to the URL. */
  forward_path?: boolean;
}
