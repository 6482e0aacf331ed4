// The way of a message, put together: what the door took goes to the log, what the log committed goes to the worker
// and to live screens. The steps do not know each other; this file does.

import type { MessageSummary } from '#lib/inbox/types.ts';
import type { Arrival } from '#lib/server/door/door.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import type { FilteredMessage } from '#lib/server/deliver/filter.ts';
import { withPayload } from '#lib/server/deliver/load.ts';
import type { StoredMessage, Work } from '#lib/server/deliver/work.ts';
import type { LogEntry, NewDelivery } from '#lib/server/log/entry.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import type { Committed } from '#lib/server/log/log.ts';
import type { RoutedConnection } from '#lib/server/routing/types.ts';
import { eventPayload } from '#lib/server/verify/payload.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import { isToken, type Scheme } from '#lib/server/verify/scheme.ts';

/** What is kept in memory of an arrival until its batch is committed. */
export type Passage = Omit<LogEntry, 'deliveries'> & {
  arrival: Arrival;
  deliveries: readonly (NewDelivery & { limited: boolean; held: boolean })[];
};

/** An arrival as the log takes it, with the deliveries it causes. Only what is trusted causes any. */
export function toEntry(arrival: Arrival, deliver: Deliver): Passage {
  const connections = isTrusted(arrival)
    ? deliver.connectionsFor(arrival.source, filtered(arrival)).filter(takes(arrival))
    : [];
  const destinationIds = connections.map(({ destinationId }) => destinationId);
  return entryTo(arrival, deliver, { destinationIds, editedFrom: null });
}

/** As the log takes it, on its way to these destinations. */
export function entryTo(
  arrival: Arrival,
  deliver: Pick<Deliver, 'queued'>,
  { destinationIds, editedFrom }: { destinationIds: readonly number[]; editedFrom: string | null }
): Passage {
  const { request, source, payload, verdict, event } = arrival;
  return {
    ...{ arrival, id: arrival.id, receivedAt: arrival.receivedAt, sourceId: source.id },
    ...{ method: request.method, path: pathOf(arrival), query: request.query, headers: request.headers },
    ...{ contentType: headerOf(arrival, 'content-type'), remoteIp: arrival.remoteIp, body: request.body },
    ...{ isJson: payload.isJson, jsonQueryable: payload.queryable, bodyDropped: arrival.bodyDropped },
    ...{ eventId: event.id, eventType: event.type, eventKey: arrival.eventKey, origin: arrival.origin, editedFrom },
    verification: { status: verdict.status, reason: verdict.reason, detail: detailOf(arrival) },
    deliveries: destinationIds.map((destinationId) => ({
      ...{ id: deliveryIdFor(arrival.id), ...deliver.queued(destinationId, source, filtered(arrival)) }
    }))
  };
}

/** What the filters of connections look at. */
export function filtered({
  source,
  request,
  payload,
  event
}: Pick<Arrival, 'source' | 'request' | 'payload' | 'event'>): FilteredMessage {
  const provider = findProvider(source.provider);
  const inForm = () => (provider ? eventPayload(provider, request) : undefined);
  return {
    ...{ eventType: event.type, headers: request.headers },
    payload: () => (payload.isJson ? payload.value : inForm())
  };
}

const isTrusted = ({ verdict, origin }: Arrival): boolean =>
  (verdict.status === 'valid' || verdict.status === 'none') && origin !== 'handshake';

/** Handlers take only what its sender sent: a test never moves money. */
const takes =
  ({ origin }: Arrival) =>
  ({ handler }: RoutedConnection): boolean =>
    handler === null || origin === 'received';

/** As it was asked for, the slug of that time included: a source may be renamed. */
const pathOf = ({ source, request }: Arrival): string => `/in/${source.slug}${request.path}`;

function headerOf({ request }: Arrival, name: string): string | null {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
}

/** Which secret fitted and how far the clock was off. */
export function detailOf({ verdict, source }: Pick<Arrival, 'verdict' | 'source'>): Record<string, unknown> | null {
  if (verdict.secretId === null && verdict.clockSkewSeconds === null) return null;
  const secret = source.secrets.find((known) => known.id === verdict.secretId);
  return { secret: secret?.label ?? null, clock_skew_seconds: verdict.clockSkewSeconds };
}

/** The deliveries of a committed batch that this process holds the lease of. */
export function toWork(committed: Committed<Passage>): Work[] {
  return committed.entries.flatMap((passage, i) => {
    if (committed.logged[i]?.duplicateOf !== null) return [];
    const leased = passage.deliveries.filter((delivery) => delivery.leased);
    if (leased.length === 0) return [];
    const message = storedMessage(passage.arrival);
    return leased.map(({ id, destinationId }) => ({
      ...{ id, destinationId, attemptCount: 0, tries: 0, probe: false, leaseToken: committed.leaseToken, message }
    }));
  });
}

/** Its destination is run by one node alone, this or another: it has to be claimed. */
export const waitsForClaim = ({ deliveries }: Passage): boolean =>
  deliveries.some(({ limited, held }) => limited && !held);

/** As a delivery sees it, before it is in the log. */
export function storedMessage(arrival: Arrival): StoredMessage {
  const { request, source, payload, event } = arrival;
  const message = {
    ...{ id: arrival.id, receivedAt: new Date(arrival.receivedAt), source, headers: request.headers },
    ...{ method: request.method, path: pathOf(arrival), query: request.query, body: request.body },
    ...{ contentType: headerOf(arrival, 'content-type'), event, verification: arrival.verdict.status },
    origin: arrival.origin
  };
  return payload.isJson ? { ...message, payload: payload.value } : withPayload(message, { payloadOf });
}

/** The event's JSON, wherever the provider of the message's source puts it. */
export function payloadOf(message: Omit<StoredMessage, 'payload'>): unknown {
  const provider = findProvider(message.source.provider);
  // Nothing of a stored message but its body and headers is looked at for this: the URL it came by is not kept.
  return provider ? eventPayload(provider, { ...message, headers: message.headers, url: '' }) : undefined;
}

/** Headers, in lower case, in which messages of a source carry a secret itself and not a signature made with it. */
export function credentialHeaders({ provider, options }: StoredMessage['source']): ReadonlySet<string> {
  return inHeaders(schemesOf({ provider, options }).filter(isToken));
}

/** Headers, in lower case, in which the sender of a source proves itself: with a secret, or a signature over the bytes. */
export function proofHeaders(source: Pick<StoredMessage['source'], 'provider' | 'options'>): ReadonlySet<string> {
  return inHeaders(schemesOf(source));
}

function schemesOf({ provider, options }: Pick<StoredMessage['source'], 'provider' | 'options'>): readonly Scheme[] {
  const schemes = findProvider(provider)?.schemes(options) ?? [];
  return typeof schemes === 'string' ? [] : schemes;
}

const inHeaders = (schemes: readonly Scheme[]): ReadonlySet<string> =>
  new Set(schemes.flatMap(({ row }) => /^header:(.*)/.exec(row.signature.toLowerCase())?.[1] ?? []));

/** What an open inbox is shown of a committed message: the same as a reload would. */
export function toSummary(passage: Passage, duplicateOf: string | null): MessageSummary {
  const { arrival } = passage;
  const { source } = arrival;
  return {
    id: passage.id,
    source: { id: source.id, slug: source.slug, name: source.name, provider: source.provider },
    received_at: new Date(passage.receivedAt).toISOString(),
    ...{ remote_ip: passage.remoteIp, method: passage.method, path: passage.path, query: passage.query },
    ...{ content_type: passage.contentType, size: passage.body.length },
    ...{ event_id: passage.eventId, event_type: passage.eventType },
    verification: { status: passage.verification.status, reason: passage.verification.reason },
    ...{ duplicate_of: duplicateOf, origin: passage.origin },
    status: duplicateOf === null ? statusOf(passage.deliveries) : 'none'
  };
}

function statusOf(deliveries: Passage['deliveries']): MessageSummary['status'] {
  if (deliveries.length === 0) return 'none';
  return deliveries.some(({ held }) => held) ? 'held' : 'pending';
}
