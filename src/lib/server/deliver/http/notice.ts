// A notice of ours to an HTTP destination: signed and guarded as a delivery is, and none. Nothing of it is logged or
// tried again here.

import { messageOfOurs } from './send-direct.ts';
import { readTarget, type TargetParts } from './target.ts';
import { tryOnce, type TryParts } from './try.ts';

/** Others wait behind it. */
const TIMEOUT_MS = 10_000;

export type NoticeParts = TargetParts & TryParts;

export interface Notice {
  /** The same for each try, so that a receiver can tell. */
  id: string;
  body: object;
}

/** Sends it once. @returns `error` null when the destination took it */
export async function sendNotice(
  parts: NoticeParts,
  destinationId: number,
  { id, body }: Notice
): Promise<{ error: string | null; retryAfterSeconds: number | null }> {
  const target = await readTarget(parts, destinationId);
  if (target === null) return { error: 'The destination was deleted: choose another.', retryAfterSeconds: null };
  // It has a body, whatever method and path the destination wants for messages.
  const wanted = { ...target, method: null, forwardPath: false, timeoutMs: Math.min(target.timeoutMs, TIMEOUT_MS) };
  const message = messageOfOurs({ id, type: 'holdfast.problem', body }, parts.clock());
  const { response } = await tryOnce(parts, wanted, { message, number: 1 });
  return response;
}
