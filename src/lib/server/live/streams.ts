// The streams that are open on this node: each with its writer, its subscriptions and the eye kept on its session.

import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createAccess, identityOfPrincipal, type Admitted, type LivePrincipal } from './access.ts';
import { createLate } from './late.ts';
import { hello } from './opening.ts';
import type { LiveOptions, StreamParts } from './parts.ts';
import { createReplay } from './replay.ts';
import type { Opening } from './requests.ts';
import { createStream, type Stream } from './stream.ts';
import { createWriter, type Writer } from './writer.ts';

export interface Streams<P extends LivePrincipal> {
  /** Resolves when what was missed has been sent. */
  open(response: ServerResponse, admitted: Admitted<P>, asked: Opening): Promise<void>;
  /** A stream of the same session or key. */
  find(id: string, principal: P): Stream | undefined;
  close(): Promise<void>;
  closing(): boolean;
  count(): number;
  cutOff(): number;
}

interface OpenStream {
  stream: Stream;
  writer: Writer;
  owner: string;
}

export function createStreams<P extends LivePrincipal>(options: LiveOptions<P>): Streams<P> {
  const { hub, timing = {} } = options;
  const parts = createParts(options);
  const access = createAccess<P>({ ...options, ...timing });
  const open = new Map<string, OpenStream>();
  let cutOff = 0;
  let whenEmpty: (() => void) | null = null;

  function start(response: ServerResponse, admitted: Admitted<P>, asked: Opening): Stream {
    const id = randomBytes(12).toString('base64url');
    const ping = () => stream.ping();
    const writer = createWriter(response, { ...timing, pacer: hub.pacer, ping, onGone });
    const stream = createStream(parts, writer, asked.named);
    const topics = () => stream.subscriptions().map(({ topic }) => topic);
    const release = access.guard({ admitted, topics, cut });
    open.set(id, { stream, writer, owner: identityOfPrincipal(admitted.principal) });

    function cut(): void {
      forget();
      writer.end();
    }
    function onGone(reason: 'closed' | 'behind'): void {
      if (reason === 'behind') cutOff += 1;
      forget();
    }
    function forget(): void {
      release();
      stream.end();
      open.delete(id);
      if (open.size === 0) whenEmpty?.();
    }
    writer.send(hello(id, asked.wishes, hub.place()));
    return stream;
  }

  return {
    open: (response, admitted, asked) => start(response, admitted, asked).open(asked.wishes),
    find(id, principal) {
      const found = open.get(id);
      return found?.owner === identityOfPrincipal(principal) ? found.stream : undefined;
    },
    async close() {
      access.close();
      const ended = new Promise<void>((resolve) => (whenEmpty = resolve));
      if (open.size === 0) return;
      for (const { writer } of open.values()) writer.end();
      await ended;
    },
    closing: () => whenEmpty !== null,
    count: () => open.size,
    cutOff: () => cutOff
  };
}

function createParts<P extends LivePrincipal>({ hub, loaders, onError }: LiveOptions<P>): StreamParts {
  const late = createLate(hub, (ids, filter) => loaders.loadMessagesById(ids, filter), onError);
  return { hub, late, replay: createReplay(hub, loaders), onError };
}
