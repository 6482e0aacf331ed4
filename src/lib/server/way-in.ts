// The door with what it needs: routing, verification, the log.

import type { Config } from '#lib/server/config.ts';
import type { Clock } from '#lib/server/database/clock.ts';
import type { OpenDatabase } from '#lib/server/database/open.ts';
import type { Deliver } from '#lib/server/deliver/deliver.ts';
import { createAddressReader, type AddressReader } from '#lib/server/door/address.ts';
import { watchDisk } from '#lib/server/door/disk.ts';
import { createDoor, type Arrival, type DoorParts } from '#lib/server/door/door.ts';
import { createInvalidBudget } from '#lib/server/door/invalid-budget.ts';
import { readPayload } from '#lib/server/door/payload.ts';
import { createRateLimit } from '#lib/server/door/rate-limit.ts';
import { recordUnknownRequests } from '#lib/server/door/unknown-requests.ts';
import type { Batcher } from '#lib/server/log/batcher.ts';
import { createMessageIds } from '#lib/server/log/ids.ts';
import type { Routing } from '#lib/server/routing/cache.ts';
import type { RoutedSource } from '#lib/server/routing/types.ts';
import { handshake } from '#lib/server/verify/handshake.ts';
import { identify } from '#lib/server/verify/identify.ts';
import { findProvider } from '#lib/server/verify/providers.ts';
import type { Provider } from '#lib/server/verify/provider.ts';
import type { SignedRequest, Verdict } from '#lib/server/verify/types.ts';
import { verify } from '#lib/server/verify/verify.ts';
import { entryTo, toEntry, type Passage } from './way.ts';

export interface WayInParts {
  config: Config;
  opened: OpenDatabase;
  clock: Clock;
  routing: Routing;
  deliver: Deliver;
  log: Batcher<Passage>;
}

export interface WayIn {
  door: ReturnType<typeof createDoor>;
  /** Logs a message made here as the source's sender would make it, marked `test`. Resolves after the commit. */
  receiveTest(source: RoutedSource, request: SignedRequest): Promise<{ id: string }>;
  /** Logs a JSON body that was fetched from the provider's API, marked `imported`. Resolves after the commit. */
  receiveImported(source: RoutedSource, body: Buffer): Promise<{ id: string }>;
  /** A message made here from one in the log, marked `edited`: judged by nobody, claiming no event. Not logged yet. */
  makeEdited(source: RoutedSource, request: SignedRequest, from: string): Arrival;
  /** Resolves after the commit with the ids of its deliveries: to these destinations and no others. */
  logEdited(made: Arrival, to: { destinationIds: readonly number[]; editedFrom: string }): Promise<string[]>;
  addresses: AddressReader;
  stop(): Promise<void>;
}

const BARE_REQUEST: Omit<SignedRequest, 'body'> = {
  ...{ method: 'POST', url: '', path: '', query: '' },
  headers: [['Content-Type', 'application/json']]
};

const IMPORTED: Verdict = {
  status: 'none',
  reason: 'It was fetched from the API of the provider, which signed nothing.',
  ...{ secretId: null, clockSkewSeconds: null }
};

/** Puts the door together. */
export function openWayIn({ config, opened, clock, routing, deliver, log }: WayInParts): WayIn {
  const { web } = opened.database;
  const disk = watchDisk(opened.directory);
  const invalidBudget = createInvalidBudget(web, clock.now);
  const unknownRequests = recordUnknownRequests(web, clock.now);
  const addresses = createAddressReader(config.trustedProxies);
  const nextId = createMessageIds(clock.now);
  const door = createDoor({
    ...{ judge, identify: identifyOf, handshake: handshakeOf, nextId, addresses, invalidBudget },
    findSource: (slug) => routing.source(slug),
    acceptedReply: (source, request) => findProvider(source.provider)?.acceptedReply(request) ?? null,
    refusedReply: (source) => findProvider(source.provider)?.refusedReply ?? null,
    refreshSource: (slug) => routing.refreshSource(slug),
    log: (arrival) => log.add(toEntry(arrival, deliver)),
    closed: disk.closed,
    unknownSource: (request, remoteIp) => unknownRequests.add(request, remoteIp),
    rateLimit: createRateLimit(() => performance.now()),
    ...{ publicUrl: config.publicUrl, maxBodyBytes: config.maxBodyBytes }
  });

  /** No message made here claims its event: the sender's own must stay the first. */
  async function take(
    made: Pick<Arrival, 'source' | 'request' | 'origin'>,
    verdict?: Verdict
  ): Promise<{ id: string }> {
    const { source, request } = made;
    const { id, receivedAt } = nextId();
    const payload = readPayload(request.body);
    const event = identifyOf(source, request, payload.value);
    const arrival: Arrival = {
      ...{ ...made, id, receivedAt, payload, event, remoteIp: '127.0.0.1' },
      ...{ verdict: verdict ?? judge(source, request, receivedAt), bodyDropped: false, eventKey: null }
    };
    await log.add(toEntry(arrival, deliver));
    return { id };
  }

  const receiveTest: WayIn['receiveTest'] = (source, request) => take({ source, request, origin: 'test' });
  const receiveImported: WayIn['receiveImported'] = (source, body) =>
    take({ source, request: { ...BARE_REQUEST, body }, origin: 'imported' }, IMPORTED);

  return {
    ...{ door, receiveTest, receiveImported, addresses },
    ...editedWay({ nextId, deliver, log }),
    async stop() {
      disk.stop();
      await Promise.all([invalidBudget.stop(), unknownRequests.stop()]);
    }
  };
}

function editedWay(parts: Pick<DoorParts, 'nextId'> & Pick<WayInParts, 'deliver' | 'log'>) {
  const makeEdited: WayIn['makeEdited'] = (source, request, from) => {
    const payload = readPayload(request.body);
    const reason = `Made here by editing message ${from}: no sender signed it.`;
    return {
      ...{ ...parts.nextId(), source, request, payload, event: identifyOf(source, request, payload.value) },
      verdict: { status: 'none', reason, secretId: null, clockSkewSeconds: null },
      ...{ remoteIp: '127.0.0.1', bodyDropped: false, eventKey: null, origin: 'edited' }
    };
  };
  const logEdited: WayIn['logEdited'] = async (made, to) => {
    const entry = entryTo(made, parts.deliver, to);
    await parts.log.add(entry);
    return entry.deliveries.map(({ id }) => id);
  };
  return { makeEdited, logEdited };
}

export const judge: DoorParts['judge'] = (source, request, now) =>
  withProvider(source, (provider) =>
    verify(provider, request, { secrets: source.secrets, options: source.options, now })
  ) ?? unknownProvider(source);

export const identifyOf: DoorParts['identify'] = (source, request, payload) =>
  withProvider(source, (provider) => identify(provider, request, { payload, options: source.options })) ?? {
    ...{ id: null, type: null }
  };

const handshakeOf: DoorParts['handshake'] = (source, request, told) =>
  withProvider(source, (provider) =>
    handshake(provider, request, { ...told, secrets: source.secrets, options: source.options })
  );

function withProvider<T>(source: RoutedSource, use: (provider: Provider) => T): T | null {
  const provider = findProvider(source.provider);
  return provider ? use(provider) : null;
}

/** A row that an older version wrote and this one has not: nothing ever fails open. */
function unknownProvider(source: RoutedSource): Verdict {
  const reason = `This version of Holdfast does not know the provider "${source.provider}": choose another for the source.`;
  return { status: 'invalid', reason, secretId: null, clockSkewSeconds: null };
}
