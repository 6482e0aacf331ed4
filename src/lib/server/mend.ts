// Mending: a stored message is judged again, at the time it was received, with what its source has now. What is found
// valid goes on its way. A verdict is never set by hand.

import type { MessageSummary } from '#lib/inbox/types.ts';
import type { Database } from '#lib/server/database/connect.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import { eventKey, verdictWith } from '#lib/server/door/door.ts';
import { readPayload } from '#lib/server/door/payload.ts';
import { splitUrl } from '#lib/server/door/target.ts';
import { readBody } from '#lib/server/log/body.ts';
import { deliveryIdFor } from '#lib/server/log/ids.ts';
import { readEnvelope, type MessageEnvelope } from '#lib/server/log/read.ts';
import { release, type Released, type Ruling } from '#lib/server/log/release.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import type { SignedRequest, Verdict } from '#lib/server/verify/types.ts';
import type { Teller } from './tell.ts';
import { identifyOf, judge } from './way-in.ts';
import { detailOf, filtered } from './way.ts';

export interface MendParts {
  database: Database;
  routing: Routing;
  deliver: Deliver;
  teller: Pick<Teller, 'mended'>;
  publicUrl: URL | null;
}

type Refused = {
  refused: 'not_found' | 'not_invalid' | 'not_received' | 'body_not_kept' | 'source_gone' | 'nothing_verified';
  message: string;
};

export interface Reverified {
  id: string;
  verification: MessageSummary['verification'];
  /** The first message of the same event, when this is not it: then there are no deliveries. */
  duplicate_of: string | null;
  deliveries: { id: string }[];
}

/** Makes reverify(), and what a job needs to do the same for many. */
export function createMending(parts: MendParts) {
  /** What a stored message is by the secrets that its source has on this node; nothing is written. */
  async function judgeAgain(id: string): Promise<{ ruling: Ruling } | Refused> {
    const message = await readEnvelope(parts.database, id);
    if (!message) return { refused: 'not_found', message: `There is no message ${id}.` };
    const refusal = refusalOf(message);
    if (refusal) return refusal;
    const source = parts.routing.sourceById(message.source.id);
    const body = await readBody(parts.database, id);
    if (!source || !body) return goneMeanwhile(message, source);
    const ruling = rule(parts, source, { message, body });
    const { status } = ruling.verification;
    return status === 'valid' || status === 'invalid' ? { ruling } : verifiesNothing(source);
  }

  /** After the commit of what was released. */
  function tellReleased(released: readonly Released[]): void {
    const deliveryIds = released.flatMap((one) => one.deliveryIds);
    parts.teller.mended(
      released.map(({ id }) => id),
      deliveryIds
    );
    if (deliveryIds.length > 0) parts.deliver.worker.nudge();
  }

  /** Judges one stored message again and sends on its way what is found valid. */
  async function reverify(id: string): Promise<Reverified | Refused> {
    // The secret may have been added a moment ago, on another node.
    await parts.routing.refresh();
    const judged = await judgeAgain(id);
    if ('refused' in judged) return judged;
    const { ruling } = judged;
    const [released] = await release(parts.database, [ruling]);
    // Somebody else was faster: what there is now is what they wrote.
    if (!released) return asItIs(parts, id);
    tellReleased([released]);
    const { status, reason } = ruling.verification;
    const deliveries = released.deliveryIds.map((deliveryId) => ({ id: deliveryId }));
    return { id, verification: { status, reason }, duplicate_of: released.duplicateOf, deliveries };
  }
  return { reverify, judgeAgain, tellReleased };
}

export type Mending = ReturnType<typeof createMending>;

function refusalOf({ id, verification, origin, body_dropped: isDropped }: MessageEnvelope): Refused | null {
  if (origin !== 'received') {
    return {
      refused: 'not_received',
      message: `Message ${id} is a message of kind "${origin}": only what a sender sent is verified again.`
    };
  }
  if (verification.status !== 'invalid') {
    return {
      refused: 'not_invalid',
      message: `Message ${id} is ${verification.status}: only invalid ones are verified again.`
    };
  }
  if (!isDropped) return null;
  return {
    refused: 'body_not_kept',
    message: `The body of message ${id} was not kept, so it can't be verified again. Have the sender send it again.`
  };
}

function goneMeanwhile({ id, source }: MessageEnvelope, found: RoutedSource | null): Refused {
  if (found) return { refused: 'not_found', message: `Message ${id} has been erased.` };
  return {
    refused: 'source_gone',
    message: `The source ${source.slug} of message ${id} was deleted: its secrets are gone.`
  };
}

/** Accepting without verification is chosen for what comes in, never a way around a verdict that was given. */
function verifiesNothing({ slug, provider }: RoutedSource): Refused {
  return {
    refused: 'nothing_verified',
    message: `The source ${slug} (provider "${provider}") verifies nothing now. Choose the provider that sent the message.`
  };
}

function rule(
  { deliver, publicUrl }: MendParts,
  source: RoutedSource,
  { message, body }: { message: MessageEnvelope; body: Buffer }
): Ruling {
  const payload = readPayload(body);
  const requests = requestsOf(message, body, publicUrl);
  const judged = requests.map((request) => judge(source, request, Date.parse(message.received_at)));
  const best: Verdict | undefined = judged.find(({ status }) => status === 'valid') ?? judged[0];
  const [request] = requests;
  if (!best || !request) throw new Error(`Message ${message.id} has no URL.`);
  const verdict = verdictWith({ source, verdict: best }, payload);
  const event = identifyOf(source, request, payload.value);
  const looked = filtered({ source, request, payload, event });
  return {
    ...{
      id: message.id,
      sourceId: source.id,
      eventId: event.id,
      eventType: event.type,
      eventKey: eventKey(verdict, event)
    },
    verification: { status: verdict.status, reason: verdict.reason, detail: mendedDetail({ verdict, source }) },
    deliveries: deliver.connectionsFor(source, looked).map((connection) => ({
      id: deliveryIdFor(message.id),
      ...deliver.queued(connection.destinationId, source, looked)
    }))
  };
}

/** The sender was told that it was refused, whatever it is now: the timeline must not say otherwise. */
function mendedDetail(judged: { verdict: Verdict; source: RoutedSource }): Record<string, unknown> | null {
  const detail = detailOf(judged);
  return judged.verdict.status === 'valid' ? { ...detail, mended: true } : detail;
}

/** The request as it came. Without PUBLIC_URL its scheme was not kept: a signature over either proves the message. */
function requestsOf(message: MessageEnvelope, body: Buffer, publicUrl: URL | null): SignedRequest[] {
  const { method, path, query, headers } = message;
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? 'localhost';
  const origins = publicUrl ? [publicUrl.origin] : [`http://${host}`, `https://${host}`];
  const target = query === '' ? path : `${path}?${query}`;
  return origins.map((origin) => ({ method, url: origin + target, path: splitUrl(path).path, query, headers, body }));
}

async function asItIs({ database }: MendParts, id: string): Promise<Reverified | Refused> {
  const message = await readEnvelope(database, id);
  if (!message) return { refused: 'not_found', message: `Message ${id} has been erased.` };
  const { verification, duplicate_of: duplicateOf, deliveries } = message;
  return {
    ...{ id, verification: { status: verification.status, reason: verification.reason }, duplicate_of: duplicateOf },
    deliveries: deliveries.map((delivery) => ({ id: delivery.id }))
  };
}
