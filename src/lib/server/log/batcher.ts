// Collects what arrives while the last INSERT runs. At most two batches in flight, 4 MiB each, a larger body alone.
// A batch that fails for its data is split until the bad row stands alone: it never takes its neighbours with it.

import type { Logged, LogEntry } from './entry.ts';

export interface BatcherLimits {
  maxBatchBytes: number;
  maxBatchEntries: number;
  maxInFlight: number;
  /** Bytes that wait or are being written; past it add() refuses. */
  maxPendingBytes: number;
  /** Behind batches that hang: the sender is told to come again rather than kept waiting for a deadline of its own. */
  maxWaitMs: number;
}

const DEFAULT_LIMITS: BatcherLimits = {
  maxBatchBytes: 4 * 1024 * 1024,
  maxBatchEntries: 1000,
  maxInFlight: 2,
  maxPendingBytes: 128 * 1024 * 1024,
  maxWaitMs: 5000
};

/** The log can't take it now: the sender should come again. Answered 503 with Retry-After. */
export class LogUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogUnavailable';
  }
}

export interface BatcherParts<Entry extends LogEntry> {
  write(entries: readonly Entry[]): Promise<Logged[]>;
  /** True when the failure lies in the rows (SQLSTATE class 22, 54 …), not in the connection. */
  isDataError(error: unknown): boolean;
  /** The same message in a form that any bytes fit, for a row that failed alone. */
  soften(entry: Entry): Entry | null;
  limits?: BatcherLimits;
}

export interface Batcher<Entry extends LogEntry> {
  /**
   * Resolves after the commit that holds the entry.
   * @throws {LogUnavailable} over the byte budget, or when the database did not take it
   */
  add(entry: Entry): Promise<Logged>;
  /** Entries waiting and bytes waiting or in flight. */
  load(): { entries: number; bytes: number };
  /** Resolves when nothing waits and nothing is in flight. */
  drained(): Promise<void>;
}

interface Waiting<Entry> {
  entry: Entry;
  bytes: number;
  since: number;
  resolve(logged: Logged): void;
  reject(error: unknown): void;
}

const ROW_OVERHEAD_BYTES = 1024;

/** Makes the batcher; it writes as soon as there is something to write, so latency is one INSERT when idle. */
export function createBatcher<Entry extends LogEntry>(parts: BatcherParts<Entry>): Batcher<Entry> {
  const limits = parts.limits ?? DEFAULT_LIMITS;
  const waiting: Waiting<Entry>[] = [];
  const idle: (() => void)[] = [];
  let pendingBytes = 0;
  let inFlight = 0;

  /** Those that waited too long; the oldest are first. */
  function rejectLate(): void {
    const latest = performance.now() - limits.maxWaitMs;
    const firstInTime = waiting.findIndex((item) => item.since >= latest);
    for (const item of waiting.splice(0, firstInTime < 0 ? waiting.length : firstInTime)) {
      pendingBytes -= item.bytes;
      item.reject(new LogUnavailable(`The message waited longer than ${limits.maxWaitMs} ms to be written.`));
    }
  }

  function pump(): void {
    rejectLate();
    while (inFlight < limits.maxInFlight && waiting.length > 0) {
      const batch = waiting.splice(0, batchLength(waiting, limits));
      inFlight += 1;
      void writeOrSplit(parts, batch).finally(() => {
        inFlight -= 1;
        for (const item of batch) pendingBytes -= item.bytes;
        pump();
        if (inFlight === 0) for (const resolve of idle.splice(0)) resolve();
      });
    }
  }

  return {
    add(entry) {
      const bytes = entry.body.length + ROW_OVERHEAD_BYTES;
      if (pendingBytes > 0 && pendingBytes + bytes > limits.maxPendingBytes) {
        const limit = `${limits.maxPendingBytes} bytes`;
        return Promise.reject(new LogUnavailable(`${pendingBytes} bytes wait to be written, the limit is ${limit}.`));
      }
      pendingBytes += bytes;
      return new Promise<Logged>((resolve, reject) => {
        waiting.push({ entry, bytes, since: performance.now(), resolve, reject });
        // On the next turn, so that requests that arrived together go together.
        if (waiting.length === 1) setImmediate(pump);
      });
    },
    load: () => ({ entries: waiting.length, bytes: pendingBytes }),
    drained: () =>
      inFlight === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))
  };
}

/** How many of the waiting fit one batch; a body over the limit goes alone. */
function batchLength(waiting: readonly { bytes: number }[], limits: BatcherLimits): number {
  let bytes = 0;
  for (const [count, item] of waiting.entries()) {
    bytes += item.bytes;
    if (count > 0 && (bytes > limits.maxBatchBytes || count >= limits.maxBatchEntries)) return count;
  }
  return waiting.length;
}

/** Never rejects: each item is resolved or rejected on its own. */
async function writeOrSplit<Entry extends LogEntry>(
  parts: BatcherParts<Entry>,
  batch: Waiting<Entry>[]
): Promise<void> {
  try {
    const logged = await parts.write(batch.map((item) => item.entry));
    batch.forEach((item, i) => item.resolve(logged[i] ?? { duplicateOf: null }));
  } catch (error) {
    if (parts.isDataError(error)) return split(parts, batch, error);
    const unavailable = new LogUnavailable('The log did not take the message.', { cause: error });
    for (const item of batch) item.reject(unavailable);
  }
}

async function split<Entry extends LogEntry>(
  parts: BatcherParts<Entry>,
  batch: Waiting<Entry>[],
  error: unknown
): Promise<void> {
  const [only] = batch;
  if (batch.length > 1) {
    const middle = batch.length >> 1;
    await writeOrSplit(parts, batch.slice(0, middle));
    await writeOrSplit(parts, batch.slice(middle));
  } else if (only) {
    const softer = parts.soften(only.entry);
    if (softer) await writeOrSplit(parts, [{ ...only, entry: softer }]);
    else only.reject(error);
  }
}
