// Where producers tell of what they committed, and streams hear of it. One per process.

import { randomBytes } from 'node:crypto';
import { formatCursor, type Cursor } from './cursor.ts';
import { createFrame, stateOf, type Frame, type Publication } from './frame.ts';
import { createAudience, type Subscriber } from './audience.ts';
import { createPacer, type Pacer } from './pacer.ts';
import { createRecent, type Recent } from './recent.ts';
import { createSent } from './sent.ts';

export interface Hub {
  /** This node's name in cursors and hints. */
  readonly node: string;
  readonly pacer: Pacer;
  /** Tells whoever watches one of the topics. Call it after the commit; costs next to nothing when nobody does. */
  publish(publication: Publication): void;
  /** As publish, unless this state of the object, or a newer one, went out already. */
  publishNew(publication: Publication): void;
  /** Producers ask before they build what nobody would read. */
  watched(topic: string): boolean;
  watchedTopics(): Iterable<string>;
  /** A frame with its place in the order, for those who send it to some readers only. */
  frame(publication: Publication): Frame;
  /**
   * For a page, *before* it reads its data: its stream then goes on from here. Until that comes, what is published to
   * the inbox is remembered.
   */
  position(): string;
  /** Where a reader goes on who has been sent everything until now. */
  place(): string;
  /** Milliseconds of the clock that cursors count by: the database's. */
  now(): number;
  /** The inbox's frames, where this node published and remembers them. */
  recent: Pick<Recent, 'since' | 'before'>;
  /** Whether a reader who has read up to the cursor got this from here. */
  sentBefore(cursor: Cursor, key: string, version: number | null): boolean;
  join(topic: string, subscriber: Subscriber): void;
  leave(topic: string, subscriber: Subscriber): void;
  reset(reason: string): void;
}

/** @param options.clock milliseconds of the database's clock; by default this machine's */
export function createHub(options: { clock?: () => number; node?: string } = {}): Hub {
  const clock = options.clock ?? Date.now;
  const node = options.node ?? randomBytes(5).toString('hex');
  const pacer = createPacer();
  const sent = createSent();
  const audience = createAudience();
  const recent = createRecent(audience.has);
  let sequence = 0;

  const here = (): Cursor => ({ milliseconds: clock(), sequence, node });
  const watched = (topic: string) => audience.has(topic) || recent.isExpected(topic);
  const frame = (publication: Publication) => {
    sequence += 1;
    return createFrame(publication, here());
  };

  function publish(publication: Publication): void {
    if (!publication.topics.some(watched)) return;
    const published = frame(publication);
    sent.remember(published);
    recent.remember(published);
    pacer.count();
    for (const subscriber of audience.of(publication.topics)) subscriber.receive(published);
  }

  return {
    ...{ node, pacer, publish, frame, watched, watchedTopics: audience.topics, now: clock },
    publishNew(publication) {
      const { key, version } = stateOf(publication);
      if (!sent.covers(key, version, sequence)) publish(publication);
    },
    position() {
      recent.expect('inbox', sequence);
      return formatCursor(here());
    },
    place: () => formatCursor(here()),
    recent: { ...recent, since: (cursor) => (cursor.node === node ? recent.since(cursor) : null) },
    sentBefore: (cursor, key, version) => cursor.node === node && sent.covers(key, version, cursor.sequence),
    join(topic, subscriber) {
      recent.expect(topic, sequence);
      audience.join(topic, subscriber);
    },
    leave(topic, subscriber) {
      // It may come back.
      recent.expect(topic, sequence);
      audience.leave(topic, subscriber);
    },
    reset(reason) {
      // Who is away just now has the same gap: its place is before this.
      recent.forget((sequence += 1));
      for (const subscriber of audience.of([...audience.topics()])) subscriber.reset(reason);
    }
  };
}
