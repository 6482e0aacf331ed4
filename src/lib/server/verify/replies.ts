// Answers that some providers insist on for every message, where any 2xx is not enough.

import type { ProviderRow } from './row.ts';
import type { AcceptedReply, SignedRequest } from './types.ts';

const MAX_REPEATED_LENGTH = 2048;
/** What a header may hold; nothing else is repeated. */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** null: our own answer will do. */
export function acceptedReply(row: ProviderRow, request: SignedRequest): AcceptedReply | null {
  const { acceptedReply: text, repeatedHeader } = row;
  if (text === undefined && repeatedHeader === undefined) return null;
  const repeated = request.headers.find(([name]) => name.toLowerCase() === repeatedHeader?.toLowerCase())?.[1];
  const isFit = repeated !== undefined && repeated.length <= MAX_REPEATED_LENGTH && PRINTABLE.test(repeated);
  return { text: text ?? null, headers: isFit && repeatedHeader !== undefined ? [[repeatedHeader, repeated]] : [] };
}
