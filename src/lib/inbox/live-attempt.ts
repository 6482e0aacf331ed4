// One try at a stream, from the request to its end.

import { createParser, type Block } from './live-parser.ts';
import type { Want } from './live-signal.ts';

const PATH = '/api/v1/live';
const REFUSALS = [400, 401, 403];

export interface Attempt {
  /** Brings the open stream to these subscriptions; before it is open, that is done when it opens. */
  change(wants: readonly Want[]): void;
  /** Ends it without a word. */
  abort(): void;
  isOpen(): boolean;
  /** Milliseconds since the last byte. */
  silentMs(): number;
}

export interface AttemptHandlers {
  onBlock(block: Block): void;
  /** Once, unless it was aborted. Refused: the same request would get the same answer. */
  onEnd(isRefused: boolean): void;
}

export function startAttempt(request: typeof fetch, wants: readonly Want[], on: AttemptHandlers): Attempt {
  const stopping = new AbortController();
  const { signal } = stopping;
  const changing = createChanging(request, wants, signal);
  let heardAt = Date.now();
  let isOpen = false;

  function end(isRefused: boolean): void {
    if (signal.aborted) return;
    stopping.abort();
    on.onEnd(isRefused);
  }

  function take(block: Block): void {
    if (signal.aborted) return;
    if (block.event === 'hello' && block.data !== null) {
      isOpen = true;
      changing.opened(streamOf(block.data));
    }
    on.onBlock(block);
  }

  async function run(): Promise<void> {
    const list = encodeURIComponent(JSON.stringify(wants));
    const response = await request(`${PATH}?subscriptions=${list}`, { signal, cache: 'no-store' });
    if (!response.ok || response.body === null) return end(REFUSALS.includes(response.status));
    const parse = createParser();
    for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return end(false);
      heardAt = Date.now();
      for (const block of parse(value)) take(block);
    }
  }

  run().catch(() => end(false));
  changing.failed.catch(() => end(false));
  return {
    change: changing.want,
    abort: () => stopping.abort(),
    isOpen: () => isOpen,
    silentMs: () => Date.now() - heardAt
  };
}

/** Changes of the open stream's subscriptions, one request at a time: a later one must not overtake an earlier. */
function createChanging(request: typeof fetch, first: readonly Want[], signal: AbortSignal) {
  let asked = new Set(first.map(({ name }) => name));
  let wanted = first;
  let stream: string | null = null;
  let last = Promise.resolve();
  const { promise: failed, reject } = Promise.withResolvers<never>();

  async function change(): Promise<void> {
    const subscribe = wanted.filter(({ name }) => !asked.has(name));
    const unsubscribe = [...asked].filter((name) => wanted.every((want) => want.name !== name));
    if (stream === null || signal.aborted || subscribe.length + unsubscribe.length === 0) return;
    asked = new Set(wanted.map(({ name }) => name));
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ subscribe, unsubscribe });
    const response = await request(`${PATH}/${stream}`, { method: 'POST', headers, body, signal });
    // 404: another node answered, which does not have the stream. A new stream asks for everything at once.
    if (!response.ok) throw new Error(`The change of subscriptions was answered ${response.status}.`);
  }

  function next(): void {
    last = last.then(change);
    last.catch(reject);
  }

  return {
    failed,
    opened(id: string | null): void {
      stream = id;
      next();
    },
    want(wants: readonly Want[]): void {
      wanted = wants;
      next();
    }
  };
}

function streamOf(text: string): string | null {
  const hello: unknown = JSON.parse(text);
  if (typeof hello !== 'object' || hello === null || !('stream' in hello)) return null;
  return typeof hello.stream === 'string' ? hello.stream : null;
}
