// One try of a delivery over HTTP. No redirects, nothing decompressed, the response capped; every end is an outcome.

import { errors, type Dispatcher } from 'undici';
import type { HeaderPair } from '#lib/inbox/types.ts';
import { onConnectionOf, phasesOfError } from './connection-phases.ts';
import { DestinationRefused } from './guard.ts';
import { errorWords, timeoutWords, type Progress } from './problem.ts';
import type { Outgoing } from './request.ts';
import { createStopwatch, type Timings } from './timings.ts';

const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_SECONDS = 24 * 3600;
/** Those that mean: later. */
const RETRY_AFTER_STATUSES: ReadonlySet<number> = new Set([429, 503]);

export interface Response {
  outcome: 'response' | 'timeout' | 'refused' | 'error';
  /** Of a whole answer; of a part of one, it stands in `head`. */
  status: number | null;
  error: string | null;
  retryAfterSeconds: number | null;
  head: { status: number; headers: HeaderPair[] } | null;
  /** The first 64 KB. */
  body: Buffer;
  truncated: boolean;
  timings: Timings;
}

export interface SendOptions {
  outgoing: Outgoing;
  /** Of the whole try, the answer's body included. */
  timeoutMs: number;
  /** Milliseconds since 1970, for a Retry-After that is a date. */
  clock: () => number;
}

/** What has come of the answer so far. */
interface Received {
  progress: Progress;
  headers: HeaderPair[];
  parts: Buffer[];
}

/** Thrown into undici to end a request, for its reason to come back out. */
class CutOff extends Error {
  readonly by: 'timeout' | 'cap';
  constructor(by: CutOff['by']) {
    super(`cut off by ${by}`);
    this.by = by;
  }
}

/**
 * Sends and reads the answer. Every end is an outcome but one: with the dispatcher destroyed, on the way to stopping, it
 * rejects, and the try counts as none.
 */
export async function send(dispatcher: Dispatcher, url: string, options: SendOptions): Promise<Response> {
  const received: Received = {
    progress: { isStarted: false, isSent: false, status: null, bodyBytes: 0 },
    ...{ headers: [], parts: [] }
  };
  const stopwatch = createStopwatch();
  const error = await exchange(dispatcher, url, { ...options, received, stopwatch });
  if (error instanceof errors.ClientDestroyedError) throw error;
  if (error !== null) stopwatch.connection(phasesOfError(error), { isNew: true });
  return { ...ending(error, received, options), ...partOf(received), timings: stopwatch.end() };
}

type Exchange = SendOptions & { received: Received; stopwatch: ReturnType<typeof createStopwatch> };

/** @returns why it ended before the end of the answer; null: it did not */
function exchange(dispatcher: Dispatcher, url: string, options: Exchange): Promise<Error | null> {
  const { outgoing, timeoutMs, received, stopwatch } = options;
  const { progress } = received;
  const { origin, pathname, search } = new URL(url);
  const { method, headers, body } = outgoing;
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | null = null;
    let cut: CutOff | null = null;
    function over(error: Error | null): void {
      clearTimeout(timer);
      resolve(error);
    }
    // One that waits for its connection cannot be taken back: it is not written once there is one.
    function cutOff(by: CutOff['by']): void {
      cut = new CutOff(by);
      over(cut);
      controller?.abort(cut);
    }
    const timer = setTimeout(() => cutOff('timeout'), timeoutMs);

    dispatcher.dispatch(
      { origin, path: pathname + search, method, headers: headers.flat(), body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          controller = started;
          if (cut) return started.abort(cut);
          progress.isStarted = true;
          onConnectionOf((phases) => stopwatch.connection(phases, { isNew: phases !== null }));
          stopwatch.started();
        },
        onRequestSent() {
          progress.isSent = true;
          stopwatch.sent();
        },
        onResponseStart({ rawHeaders }, status) {
          stopwatch.answered();
          // 1xx only announce an answer.
          if (status < 200) return;
          progress.status = status;
          received.headers = pairsOf(rawHeaders);
        },
        onResponseData(_controller, chunk) {
          received.parts.push(chunk);
          progress.bodyBytes += chunk.length;
          if (progress.bodyBytes > MAX_RESPONSE_BYTES) cutOff('cap');
        },
        onResponseEnd: () => over(null),
        onResponseError: (_controller, error) => over(error)
      }
    );
  });
}

function pairsOf(raw: Dispatcher.DispatchController['rawHeaders']): HeaderPair[] {
  if (!Array.isArray(raw)) return [];
  const texts = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
  const names = texts.filter((_, at) => at % 2 === 0);
  return names.map((name, at) => [name, texts[at * 2 + 1] ?? '']);
}

function partOf({ progress: { status, bodyBytes }, headers, parts }: Received) {
  return {
    head: status === null ? null : { status, headers },
    body: Buffer.concat(parts).subarray(0, MAX_RESPONSE_BYTES),
    truncated: bodyBytes > MAX_RESPONSE_BYTES
  };
}

type Ending = Pick<Response, 'outcome' | 'status' | 'error' | 'retryAfterSeconds'>;

function ending(error: Error | null, { progress, headers }: Received, { timeoutMs, clock }: SendOptions): Ending {
  const { status } = progress;
  const isWhole = error === null || (error instanceof CutOff && error.by === 'cap');
  if (isWhole && status !== null) {
    const retryAfterSeconds = RETRY_AFTER_STATUSES.has(status) ? retryAfter(headers, clock()) : null;
    return { outcome: 'response', status, error: problemOf(status), retryAfterSeconds };
  }
  const none = { status: null, retryAfterSeconds: null };
  if (error instanceof DestinationRefused) return { outcome: 'refused', error: error.message, ...none };
  if (error instanceof CutOff) return { outcome: 'timeout', error: timeoutWords(timeoutMs, progress), ...none };
  return { outcome: 'error', error: errorWords(error, progress), ...none };
}

function problemOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `${status}: redirects are not followed. Set the destination to the new URL.`;
  if (status === 410) return 'The destination answered 410: it is gone, and wants no more tries.';
  return `The destination answered ${status}.`;
}

/** Seconds, or an HTTP date; capped at a day. */
function retryAfter(headers: readonly HeaderPair[], now: number): number | null {
  const text = headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1].trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS) : null;
}
