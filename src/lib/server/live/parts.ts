// What live's parts are made of: what app.ts hands in, and what one stream is handed.

import type { IncomingMessage } from 'node:http';
import type { Admitted, LivePrincipal } from './access.ts';
import type { Hub } from './hub.ts';
import type { Late } from './late.ts';
import type { LiveLoaders } from './loaders.ts';
import type { Replay } from './replay.ts';
import type { Subscription } from './subscription.ts';

export interface LiveOptions<P extends LivePrincipal> {
  hub: Hub;
  loaders: LiveLoaders;
  /** By session cookie or bearer key; null: 401. */
  authorise(request: IncomingMessage): Promise<Admitted<P> | null>;
  /** A customer: only the accounts that are theirs. */
  mayRead(principal: P, topic: string): Promise<boolean>;
  /** Whether a POST that carries a cookie came from our own pages; keys need not. */
  sameOrigin(request: IncomingMessage): boolean;
  onError(error: unknown): void;
  /** Other than in production, for tests; milliseconds. */
  timing?: { checkIntervalMs?: number; pingIntervalMs?: number; maxBehindMs?: number };
}

export interface StreamParts {
  hub: Hub;
  late: Late;
  replay: Replay;
  onError(error: unknown): void;
}

/** What one stream's frames go out by. */
export interface Outlet {
  /** Sends bytes, marked with the subscriptions they are for. */
  send(subscriptions: readonly Subscription[], bytes: Buffer): void;
  drained(): Promise<void>;
}
