// Step after the verdict: which event the message is about.

import type { Options, Provider } from './provider.ts';
import type { EventIdentity, SignedRequest } from './types.ts';
import { viewOf } from './view.ts';

/**
 * The event's id and type, null where the message has none. Never throws, whatever the shape of the payload.
 * @param told.payload JSON.parse of the body, undefined when it is not JSON: form bodies are then looked into
 */
export function identify(
  provider: Provider,
  request: SignedRequest,
  told: { payload: unknown; options: Options }
): EventIdentity {
  const view = viewOf(request, { payload: told.payload, jsonInForm: provider.row.jsonInForm });
  const identity = provider.identity(told.options);
  return { id: identity.id(view), type: identity.type(view) };
}
