// Bytes to one reader: joined writes, a ping, and an end to readers that do not keep up.

import type { ServerResponse } from 'node:http';
import { joinBuffers } from './join.ts';
import type { Pacer } from './pacer.ts';

/** What may wait for one reader … */
const MAX_BEHIND_BYTES = 1024 * 1024;
/** … once it has had this time to take some: a large batch makes nobody slow who was given nothing yet. */
const PATIENCE_MS = 250;
/** A reader that has not caught up for so long is gone, whatever its socket says. */
const MAX_BEHIND_MS = 30_000;
/** Given to the socket at once; the rest waits as frames, which all readers share, and not as a copy for each. */
const MAX_WRITE_BYTES = 128 * 1024;
const PING_INTERVAL_MS = 15_000;
/** What a reader gets to take the rest when the stream is ended. */
const LAST_WORDS_MS = 200;

export interface WriterOptions {
  pacer: Pacer;
  /** Text of a ping: a comment, and the place where the reader would go on. */
  ping(): string;
  /** Called once, however the stream ended. */
  onGone(reason: GoneReason): void;
  pingIntervalMs?: number;
  maxBehindMs?: number;
}

export type GoneReason = 'closed' | 'behind';

export interface Writer {
  /** Sends soon, joined with what else is sent then. */
  send(...buffers: Buffer[]): void;
  /** Resolves when the reader has taken what was sent, or is gone; for those who send much at once. */
  drained(): Promise<void>;
  /** Sends what is left and ends the stream. */
  end(): void;
}

export function createWriter(response: ServerResponse, options: WriterOptions): Writer {
  const queue = createQueue();
  let gone = false;
  const behind = createPatience({
    maxBehindMs: options.maxBehindMs ?? MAX_BEHIND_MS,
    isTooMuch: () => response.writableLength + queue.bytes() > MAX_BEHIND_BYTES,
    giveUp: () => leave('behind')
  });

  function leave(reason: GoneReason): void {
    if (gone) return;
    gone = true;
    queue.take(Infinity);
    clearInterval(pinging);
    behind.caughtUp();
    response.destroy();
    options.onGone(reason);
  }

  function flush(): void {
    while (!gone && !response.writableNeedDrain && queue.bytes() > 0) {
      // false is back pressure, not an error: from here on the reader is behind, until 'drain'.
      if (!response.write(joinBuffers(queue.take(MAX_WRITE_BYTES)))) behind.begin();
    }
  }

  function send(...buffers: Buffer[]): void {
    if (gone) return;
    queue.add(buffers);
    behind.look();
    options.pacer.schedule(flush);
  }

  const pinging = setInterval(() => send(Buffer.from(options.ping())), options.pingIntervalMs ?? PING_INTERVAL_MS);
  response.on('drain', () => {
    behind.caughtUp();
    flush();
  });
  response.on('close', () => leave('closed'));
  response.on('error', () => leave('closed'));

  return {
    send,
    async drained() {
      for (flush(); !gone && response.writableNeedDrain; flush()) await nextDrain(response);
    },
    end() {
      if (gone) return;
      response.end(joinBuffers(queue.take(Infinity)));
      // 'close' comes when the reader took the rest; one that does not read must not hold up a shutdown.
      setTimeout(() => leave('closed'), LAST_WORDS_MS).unref();
    }
  };
}

/** Frames that the socket was not given yet. */
function createQueue() {
  let waiting: Buffer[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(buffers: readonly Buffer[]): void {
      waiting.push(...buffers);
      for (const buffer of buffers) bytes += buffer.length;
    },
    /** The first of them, about so many bytes together, but one at least. */
    take(limit: number): Buffer[] {
      let count = 0;
      let taken = 0;
      while (count < waiting.length && taken < limit) {
        taken += waiting[count]?.length ?? 0;
        count += 1;
      }
      const first = waiting.slice(0, count);
      waiting = waiting.slice(count);
      bytes -= taken;
      return first;
    }
  };
}

interface Limits {
  maxBehindMs: number;
  isTooMuch(): boolean;
  giveUp(): void;
}

/** Counts from the first write that was not taken until the reader has taken all of it. */
function createPatience({ maxBehindMs, isTooMuch, giveUp }: Limits) {
  let since: number | null = null;
  let timers: NodeJS.Timeout[] = [];
  function look(): void {
    if (since !== null && performance.now() - since >= PATIENCE_MS && isTooMuch()) giveUp();
  }
  return {
    look,
    begin(): void {
      if (since !== null) return;
      since = performance.now();
      timers = [setTimeout(look, PATIENCE_MS + 1), setTimeout(giveUp, maxBehindMs)];
    },
    caughtUp(): void {
      since = null;
      for (const timer of timers) clearTimeout(timer);
      timers = [];
    }
  };
}

function nextDrain(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
