// Reads a request's body into memory, never more than the limit.

import type { IncomingMessage } from 'node:http';

export type BodyResult =
  { kind: 'body'; body: Buffer } | { kind: 'too_large' } | { kind: 'busy' } | { kind: 'aborted' };

/** The declared length; null when chunked, absent or unreadable. */
export function declaredLength(request: IncomingMessage): number | null {
  const text = request.headers['content-length'];
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}

/** Of each body this much is free: whoever fills the budget with large bodies, small ones are still read. */
const FREE_BYTES = 64 * 1024;

/** Bytes of large bodies that are being read, of all requests together: of what has come, not of what was announced. */
export function createReadingBudget(limitBytes: number) {
  let bytes = 0;
  return {
    /** False when there is no room for more. */
    take(more: number): boolean {
      if (bytes + more > limitBytes) return false;
      bytes += more;
      return true;
    },
    give: (back: number): void => void (bytes -= back)
  };
}

export type ReadingBudget = ReturnType<typeof createReadingBudget>;

/**
 * Reads the whole body.
 * @param maxBytes past it reading stops at once, whatever Content-Length said
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, budget }: { maxBytes: number; budget: ReadingBudget }
): Promise<BodyResult> {
  let [bytes, taken] = [0, 0];
  /** Why reading must stop with this part; null: it need not. */
  function stopAt(part: Buffer): 'too_large' | 'busy' | null {
    bytes += part.length;
    if (bytes > maxBytes) return 'too_large';
    const more = Math.max(0, bytes - FREE_BYTES) - taken;
    if (more > 0 && !budget.take(more)) return 'busy';
    taken += Math.max(0, more);
    return null;
  }
  return readUntil(request, stopAt).finally(() => budget.give(taken));
}

function readUntil(
  request: IncomingMessage,
  stopAt: (part: Buffer) => 'too_large' | 'busy' | null
): Promise<BodyResult> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const finish = (result: BodyResult): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // An error after this has nobody to tell: the socket is going away.
      request.on('error', () => {});
      resolve(result);
    };
    const onData = (part: Buffer): void => {
      const stop = stopAt(part);
      if (stop === null) return void parts.push(part);
      request.pause();
      finish({ kind: stop });
    };
    const onEnd = (): void => {
      const [first] = parts;
      finish({ kind: 'body', body: parts.length === 1 && first ? first : Buffer.concat(parts) });
    };
    const onGone = (): void => finish({ kind: 'aborted' });
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
