// Headers in which a provider says which event a message is about: the inverse of identity.ts.

import type { HeaderPair } from '#lib/inbox/types.ts';
import { nameOf } from './field.ts';
import type { Options } from './provider.ts';
import type { Field, IdentityRow } from './row.ts';

interface EventInHeaders {
  id?: string | undefined;
  eventType?: string | undefined;
  options?: Options | undefined;
}

/** The headers for an event, where its id and type are sent in headers. */
export function eventHeaders(
  identity: IdentityRow | 'options',
  { id, eventType, options }: EventInHeaders
): HeaderPair[] {
  if (identity === 'options') {
    return [...pair(options?.['event_id_header'], id), ...pair(options?.['event_type_header'], eventType)];
  }
  const [idField] = identity.id.flat();
  const [typeField] = identity.type;
  if (typeof typeField !== 'object')
    return [...pair(headerName(idField), id), ...pair(headerName(typeField), eventType)];
  // `pull_request.opened` is the header's `pull_request` joined with a field of the body.
  return [...pair(headerName(idField), id), ...pair(headerName(typeField[0]), eventType?.split('.')[0])];
}

const headerName = (field: Field | undefined): string | null => (field?.startsWith('header:') ? nameOf(field) : null);

const pair = (name: unknown, value: string | undefined): HeaderPair[] =>
  typeof name === 'string' && name !== '' && value !== undefined ? [[name, value]] : [];
