// Frames whose filter only the database can decide: a search in payloads, and deliveries, which do not say what their
// message is like. Asked once a filter and round, however many readers have that filter.

import { formatFilter, type InboxFilter } from '#lib/inbox/filter.ts';
import type { MessageSummary } from '#lib/inbox/types.ts';
import type { Frame, Publication } from './frame.ts';
import type { Hub } from './hub.ts';
import type { LiveLoaders } from './loaders.ts';
import { withoutStatus } from './wanted.ts';

const ROUND_MS = 50;

export interface Asking {
  receive(frame: Frame): void;
  /** The database did not say: the reader may have a gap. */
  fail(): void;
}

export interface Late {
  ask(filter: InboxFilter, frame: Frame, asking: Asking): void;
}

interface Question {
  filter: InboxFilter;
  frames: Map<Frame, Set<Asking>>;
  running: boolean;
}

export function createLate(
  hub: Hub,
  loadMessagesById: LiveLoaders['loadMessagesById'],
  onError: (error: unknown) => void
): Late {
  const questions = new Map<string, Question>();

  async function answer(key: string, question: Question): Promise<void> {
    const frames = question.frames;
    question.frames = new Map();
    try {
      const ids = new Set([...frames.keys()].map((frame) => messageIdOf(frame.publication)));
      const messages = await loadMessagesById([...ids], withoutStatus(question.filter));
      const byId = new Map(messages.map((message) => [message.id, message]));
      for (const [frame, asking] of frames) {
        const message = byId.get(messageIdOf(frame.publication));
        if (message) hand(answersTo(frame.publication, message, question.filter), asking);
      }
    } catch (error) {
      onError(error);
      for (const each of new Set([...frames.values()].flatMap((asking) => [...asking]))) each.fail();
    }
    if (question.frames.size > 0) schedule(key, question);
    else questions.delete(key);
  }

  function hand(publications: Publication[], asking: Set<Asking>): void {
    // New frames, later in the order: a reader that comes back with the place of a frame that overtook this one must
    // not be taken to have it.
    const frames = publications.map((publication) => hub.frame(publication));
    for (const each of asking) for (const frame of frames) each.receive(frame);
  }

  function schedule(key: string, question: Question): void {
    question.running = true;
    setTimeout(() => void answer(key, question), ROUND_MS);
  }

  return {
    ask(filter, frame, asking) {
      const key = formatFilter(filter).toString();
      const question: Question = questions.get(key) ?? { filter, frames: new Map(), running: false };
      questions.set(key, question);
      const waiting = question.frames.get(frame);
      if (waiting) waiting.add(asking);
      else question.frames.set(frame, new Set([asking]));
      if (!question.running) schedule(key, question);
    }
  };
}

function messageIdOf(publication: Publication): string {
  if (publication.event === 'delivery') return publication.data.message_id;
  return publication.event === 'message' ? publication.data.id : '';
}

/** The frame itself; and when a delivery brought its message onto a list of one status, that message. */
export function answersTo(publication: Publication, message: MessageSummary, filter: InboxFilter): Publication[] {
  if (publication.event !== 'delivery') return [publication];
  if (filter.status === undefined || filter.status !== message.status) return [publication];
  return [{ event: 'message', data: message, topics: ['inbox'], version: Date.now() }, publication];
}
