// Between nodes: a hint after the commit, from a connection of its own, at most one in 50 ms. Others read what is new.
// Nothing depends on a hint: one that is lost is noticed (its number is missing, or its node falls silent), and then
// everything since is read; a connection that was lost resets the pages.

import { openListen, type ListenConnection } from '#lib/server/database/listen.ts';
import { formatHint, isNoChange, noChange, parseHint, type Change, type Hint } from './hint.ts';
import type { Hub } from './hub.ts';
import type { LiveLoaders } from './loaders.ts';
import { createPeers } from './peers.ts';
import { add, createReader } from './reader.ts';

const CHANNEL = 'holdfast_live';
const HINT_INTERVAL_MS = 50;
/** Each node says this often that it is there. Its own word comes back to it, or its connection is dead. */
const BEAT_INTERVAL_MS = 2_000;
const SILENT_BEATS = 3;

export interface NodesOptions {
  hub: Hub;
  loaders: LiveLoaders;
  /** A session connection: DATABASE_LISTEN_URL, or DATABASE_URL where that is no transaction pooler. */
  url: string;
  onError(error: unknown): void;
  /** For tests. */
  beatIntervalMs?: number;
}

/** What other nodes are told of, after the commit. All return at once; without other nodes they do nothing. */
export interface Hints {
  messages(ids: string[]): void;
  deliveries(ids: string[]): void;
  accounts(ids: number[]): void;
  pullRequests(keys: [repository: string, number: number][]): void;
}

export interface Nodes {
  hints: Hints;
  /** Other nodes heard of. */
  peers(): number;
  /** Whether hints of other nodes are heard now. */
  listening(): boolean;
  close(): Promise<void>;
}

export function createNodes(options: NodesOptions): Nodes {
  const { hub } = options;
  const beatMs = options.beatIntervalMs ?? BEAT_INTERVAL_MS;
  const reader = createReader(hub, options.loaders, options.onError);
  const silentMs = beatMs * SILENT_BEATS;
  const startedAt = hub.now();
  const peers = createPeers(hub.now, silentMs);
  const sender = createSender(hub, (payload) => line.notify(payload), options.onError);
  const line = createLine(options, { onHint, onListening });

  function onHint(hint: Hint): void {
    const { isNew, catchUp } = peers.heard(hint);
    // What this node did before it knew of that one, it did not tell it.
    if (isNew) sender.beat(Math.max(startedAt, hub.now() - silentMs));
    if (catchUp !== null) reader.readSince(catchUp);
    if (hint.since !== undefined) reader.readSince(hint.since);
    reader.read({ ...hint, pullRequests: hint.pull_requests });
  }

  function onListening(isBack: boolean): void {
    if (isBack) {
      peers.forgetAll();
      hub.reset('Caught up after a gap: this node had lost its connection to the others.');
    }
    sender.beat();
  }

  const beating = setInterval(() => {
    const catchUp = peers.noticeSilent();
    if (catchUp !== null) reader.readSince(catchUp);
    line.reopenIfDead(silentMs);
    sender.beat();
  }, beatMs);

  const say = (change: Partial<Change>) => {
    if (peers.any()) sender.say(change);
  };
  return {
    hints: {
      messages: (messages) => say({ messages }),
      deliveries: (deliveries) => say({ deliveries }),
      accounts: (accounts) => say({ accounts }),
      pullRequests: (pullRequests) => say({ pullRequests })
    },
    peers: peers.count,
    listening: () => line.heardWithin(silentMs),
    async close() {
      clearInterval(beating);
      await sender.bye();
      await line.close();
    }
  };
}

/** Collects what to say, and says it when the time has come. */
function createSender(hub: Hub, notify: (payload: string) => Promise<void>, onError: (error: unknown) => void) {
  let change = noChange();
  let since = hub.now();
  let number = 0;
  let timer: NodeJS.Timeout | null = null;

  function send(): void {
    timer = null;
    if (isNoChange(change)) return;
    number += 1;
    const payload = formatHint(hub.node, number, { change, since });
    change = noChange();
    // A hint that does not go out leaves its number missing: the others notice at the next one.
    notify(payload).catch(onError);
  }

  return {
    say(more: Partial<Change>): void {
      if (isNoChange(change)) since = hub.now();
      add(change, more);
      timer ??= setTimeout(send, HINT_INTERVAL_MS);
    },
    /**
     * One that does not go out is missed by this node too, which then opens its connection again.
     * @param since milliseconds: what others should read again
     */
    beat: (since?: number): void => void notify(JSON.stringify({ node: hub.node, number, since })).catch(() => {}),
    async bye(): Promise<void> {
      if (timer) clearTimeout(timer);
      send();
      await notify(JSON.stringify({ node: hub.node, number, bye: true })).catch(() => {});
    }
  };
}

/** The connection, watched: what this node says must come back to it. */
function createLine(options: NodesOptions, on: { onHint(hint: Hint): void; onListening(isBack: boolean): void }) {
  let heardAt: number | null = null;
  let openedAt = performance.now();
  let wasListening = false;
  let connection = open();

  function open(): ListenConnection {
    return openListen(options.url, CHANNEL, {
      onNotify(payload) {
        const hint = parseHint(payload);
        if (hint?.node === options.hub.node) heardAt = performance.now();
        else if (hint) on.onHint(hint);
      },
      onListening() {
        heardAt = performance.now();
        on.onListening(wasListening);
        wasListening = true;
      }
    });
  }

  return {
    notify: (payload: string) => connection.notify(payload),
    heardWithin: (milliseconds: number) => heardAt !== null && performance.now() - heardAt <= milliseconds,
    /** postgres.js reconnects what it sees closed; a half-open connection looks open to it. */
    reopenIfDead(silentMs: number): void {
      if (performance.now() - Math.max(heardAt ?? 0, openedAt) <= silentMs) return;
      heardAt = null;
      openedAt = performance.now();
      const dead = connection;
      connection = open();
      dead.close().catch(options.onError);
    },
    close: () => connection.close()
  };
}
