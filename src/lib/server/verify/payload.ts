// The event of a message as JSON, wherever the provider puts it: the body, or a field of a form (GitHub's `payload=`).

import type { Provider } from './provider.ts';
import type { SignedRequest } from './types.ts';
import { viewOf } from './view.ts';

/** Parsed JSON of the event; undefined when there is none. Never throws. */
export function eventPayload(provider: Provider, request: SignedRequest): unknown {
  return viewOf(request, { jsonInForm: provider.row.jsonInForm }).json();
}
