// Live with what it needs: who may read what, and how the state behind a frame is read.

import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { accountsOfOwner } from '#lib/server/accounts/accounts.ts';
import { accountState } from '#lib/server/accounts/state.ts';
import type { Auth } from '#lib/server/auth/auth.ts';
import { isSameOrigin } from '#lib/server/auth/origin.ts';
import { allows, type Principal } from '#lib/server/auth/principal.ts';
import type { Config } from '#lib/server/config.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { OpenDatabase } from '#lib/server/database/open.ts';
import { createLive, LIVE_PATH } from '#lib/server/live/endpoint.ts';
import type { Hub } from '#lib/server/live/hub.ts';
import type { LiveLoaders } from '#lib/server/live/loaders.ts';
import { createNodes } from '#lib/server/live/nodes.ts';
import { parseTopic } from '#lib/server/live/topic.ts';
import { matchingSummaries, summariesSince } from '#lib/server/log/list.ts';
import { deliveriesOfMessage, deliveryChanges, deliveryChangesSince } from '#lib/server/log/read-delivery.ts';
import { pullRequestsByKey, pullRequestsSince } from '#lib/server/pull-requests/list.ts';

export interface LiveWiring {
  config: Config;
  opened: OpenDatabase;
  auth: Auth;
  hub: Hub;
  logger: Logger;
}

/** True for a URL that live answers. */
export const isForLive = (url: string): boolean => url.startsWith(LIVE_PATH);

/** Opens the live endpoint and the connection to other nodes. */
export function openLive({ config, opened, auth, hub, logger }: LiveWiring) {
  const { database } = opened;
  const loaders = createLoaders(database);
  const onError = (error: unknown): void => logger.warn({ err: error }, 'a live stream had trouble');
  const live = createLive<Principal>({
    hub,
    loaders,
    authorise: (request) => admit(auth, request),
    mayRead: (principal, topic) => mayRead(database, principal, topic),
    sameOrigin: (request) => cameFromHere(config, request),
    onError
  });
  const nodes = createNodes({ hub, loaders, url: config.databaseListenUrl ?? opened.url, onError });
  return {
    ...{ handle: live.handle, count: live.count, hints: nodes.hints },
    /** Ends the streams: first thing on shutdown, or stopping waits for readers. */
    endStreams: live.close,
    stop: nodes.close
  };
}

function createLoaders(database: Database): LiveLoaders {
  return {
    loadMessages: (since, limit, filter) => summariesSince(database, { since, limit, filter }),
    loadMessagesById: (ids, filter) => matchingSummaries(database, ids, filter),
    loadDeliveries: (since, limit) => deliveryChangesSince(database, since, limit),
    loadDeliveriesById: (ids) => deliveryChanges(database, ids),
    async loadDeliveriesOfMessage(messageId) {
      const deliveries = await deliveriesOfMessage(database, messageId);
      return deliveryChanges(
        database,
        deliveries.map((delivery) => delivery.id)
      );
    },
    loadAccount: (id) => accountState(database, id),
    loadPullRequests: (since, limit) => pullRequestsSince(database, since, limit),
    loadPullRequestsByKey: (keys) => pullRequestsByKey(database, keys)
  };
}

async function admit(auth: Auth, request: IncomingMessage) {
  const asked = { cookieHeader: request.headers.cookie ?? null, authorization: request.headers.authorization ?? null };
  const principal = await auth.principalOfRequest(asked);
  return principal && { principal, stillValid: () => auth.stillValid(principal) };
}

/** A customer reads the accounts that are theirs, nothing else. */
async function mayRead(database: Database, principal: Principal, topic: string): Promise<boolean> {
  if (allows(principal, 'read')) return true;
  const parsed = parseTopic(topic);
  if (parsed?.kind !== 'account' || principal.kind !== 'user') return false;
  const accounts = await accountsOfOwner(database, principal.email);
  return accounts.some((account) => account.id === parsed.id);
}

function cameFromHere(config: Config, { method, headers }: IncomingMessage): boolean {
  if (/^bearer\s/i.test(headers.authorization ?? '')) return true;
  return isSameOrigin({
    method: method ?? 'POST',
    origin: headers.origin ?? null,
    secFetchSite: [headers['sec-fetch-site'] ?? []].flat()[0] ?? null,
    host: headers.host ?? null,
    publicUrl: config.publicUrl
  });
}
